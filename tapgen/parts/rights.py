"""What whoever deploys may do: the deploy role of an environment, and the role that CloudFormation works with."""

from __future__ import annotations

from collections.abc import Iterable

from awacs.aws import Action, ArnEquals, Condition, Statement, StringEquals
from awacs.iam import CreateServiceLinkedRole, PassRole
from troposphere import Sub

from tapgen.kinds import Text
from tapgen.parts.arns import SERVICE_CONNECT_POLICY
from tapgen.parts.policies import allow

WATCH = (
    "DescribeChangeSet",
    "DescribeChangeSetHooks",
    "DescribeEvents",
    "DescribeStackEvents",
    "DescribeStackResource",
    "DescribeStackResources",
    "DescribeStacks",
    "GetStackPolicy",
    "GetTemplate",
    "GetTemplateSummary",
    "ListChangeSets",
    "ListStackResources",
)

CHANGE = (
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "CreateChangeSet",
    "DeleteChangeSet",
    "ExecuteChangeSet",
    "RollbackStack",
    "SetStackPolicy",
    "TagResource",
    "UntagResource",
    "UpdateTerminationProtection",
)

SERVICES = (
    "acm",
    "acm-pca",
    "application-autoscaling",
    "cloudwatch",
    "ecr",
    "ecs",
    "elasticloadbalancing",
    "events",
    "kms",
    "lambda",
    "logs",
    "rds",
    "route53",
    "scheduler",
    "secretsmanager",
    "servicediscovery",
    "sns",
    "wafv2",
)
"""Services whose every action the templates may need."""

NETWORKING = (
    "*Address*",
    "*FlowLogs",
    "*InternetGateway*",
    "*NatGateway*",
    "*Route*",
    "*SecurityGroup*",
    "*Subnet*",
    "*Tags",
    "*Vpc*",
    "Describe*",
)
"""What a VPC is made of: of EC2, everything but instances."""

BUCKETS = (
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketPolicy",
    "Get*Configuration",
    "GetBucket*",
    "ListBucket",
    "ListTagsForResource",
    "Put*Configuration",
    "PutBucket*",
    "TagResource",
    "UntagResource",
)
"""Buckets and how they are configured, not the objects in them."""

TABLES = (
    "CreateTable",
    "DeleteTable",
    "Describe*",
    "GetResourcePolicy",
    "List*",
    "TagResource",
    "UntagResource",
    "UpdateContinuousBackups",
    "UpdateContributorInsights",
    "UpdateTable",
    "UpdateTimeToLive",
)
"""Tables and how they are configured, not the items in them."""

QUEUES = (
    "CreateQueue",
    "DeleteQueue",
    "Get*",
    "List*",
    "SetQueueAttributes",
    "TagQueue",
    "UntagQueue",
)
"""Queues and how they are configured, not the messages in them."""

ROLES = (
    "CreateRole",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "GetRole",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "ListRolePolicies",
    "ListRoleTags",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "UpdateRoleDescription",
)
"""Without AttachRolePolicy: every policy of the platform stands in its role, where it can be reviewed; but for one."""

PASSED_TO = (
    "ecs.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "lambda.amazonaws.com",
    "scheduler.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)

LINKED = (
    "ec2-nat-gateway.amazonaws.com",
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "rds.amazonaws.com",
)
"""Services that make a role of their own when they are first used in an account."""


def deploy(stack: str, shared: Iterable[str]) -> list[Statement]:
    """May change *stack* through change sets, and watch it, what is nested in it, and the *shared* stacks it needs.

    What is nested only changes with its root; but its policies and previews are its own.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
    """
    nested = f"{stack}-*"
    watched = [_stack(each) for each in (stack, nested, *shared)]
    return [
        allow("ChangeTheRootStack", _actions("cloudformation", CHANGE), [_stack(stack)]),
        allow(
            "ProtectAndPreviewNestedStacks",
            _actions("cloudformation", ["DeleteChangeSet", "SetStackPolicy"]),
            [_stack(nested)],
        ),
        allow("WatchEveryStack", _actions("cloudformation", WATCH), watched),
        # Which stacks are nested is known only to who may see the list of all.
        allow("FindNestedStacks", _actions("cloudformation", ["DescribeStacks", "ValidateTemplate"]), ["*"]),
    ]


def images(platform: str) -> list[Statement]:
    """May see whether images of *platform* are there, and tag them as in use.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html
    """
    repositories = Sub(f"arn:${{AWS::Partition}}:ecr:${{AWS::Region}}:${{AWS::AccountId}}:repository/{platform}/*")
    return [allow("TagImagesInUse", _actions("ecr", ["BatchGetImage", "PutImage"]), [repositories])]


def pushing(platform: str) -> list[Statement]:
    """May build and copy images into the repositories of *platform*, read their scans, and copy them elsewhere.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
    """
    repositories = Sub(f"arn:${{AWS::Partition}}:ecr:${{AWS::Region}}:${{AWS::AccountId}}:repository/{platform}/*")
    upload = ["BatchCheckLayerAvailability", "CompleteLayerUpload", "InitiateLayerUpload", "UploadLayerPart"]
    read = ["DescribeImages", "DescribeImageScanFindings", "DescribeRepositories", "GetDownloadUrlForLayer"]
    return [
        # This action knows no resource.
        allow("LogInToTheRegistry", _actions("ecr", ["GetAuthorizationToken"]), ["*"]),
        allow("PushImages", _actions("ecr", upload), [repositories]),
        allow("ReadImagesAndScans", _actions("ecr", read), [repositories]),
    ]


def diagnosis(stack: str) -> list[Statement]:
    """May see why tasks of *stack* do not run.

    Sources:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html ,
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
    """
    group = Sub(f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{stack}-*")
    seen = [
        *_actions("ecs", ["DescribeServices", "DescribeTaskDefinition", "DescribeTasks", "ListServices", "ListTasks"]),
        *_actions("elasticloadbalancing", ["DescribeTargetHealth"]),
    ]
    return [
        allow("SeeWhyTasksFail", seen, ["*"]),
        allow("ReadTheirLogs", _actions("logs", ["GetLogEvents"]), [group]),
    ]


def jobs(stack: str, path: str) -> list[Statement]:
    """May run the jobs of *stack*, whose roles are below *path*, and stop them.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
    """
    ecs = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"
    tasks = Sub(f"{ecs}:task/{stack}-*")
    own = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{path}*")
    return [
        allow("RunJobs", _actions("ecs", ["RunTask"]), [Sub(f"{ecs}:task-definition/{stack}-Job*")]),
        allow("StopThem", _actions("ecs", ["StopTask"]), [tasks]),
        allow("TagThem", _actions("ecs", ["TagResource"]), [tasks], _equals("ecs:CreateAction", ["RunTask"])),
        allow("HandThemTheirRoles", [PassRole], [own], _equals("iam:PassedToService", ["ecs-tasks.amazonaws.com"])),
    ]


def artifacts(bucket_arn: Text, environment: str) -> list[Statement]:
    """May put templates of *environment* into the artifact bucket and read them, not those of other environments."""
    return [
        allow("FindArtifacts", _actions("s3", ["ListBucket"]), [bucket_arn]),
        allow("UseArtifacts", _actions("s3", ["GetObject", "PutObject"]), [Sub(f"{bucket_arn}/{environment}/*")]),
    ]


def services() -> list[Statement]:
    """May do whatever the resources of the platform need."""
    whole = [Action(service, "*") for service in SERVICES]
    return [
        allow("ManageServices", whole, ["*"]),
        allow("ManageNetworks", _actions("ec2", NETWORKING), ["*"]),
        allow("ManageBuckets", _actions("s3", BUCKETS), [Sub("arn:${AWS::Partition}:s3:::*")]),
        allow("ManageTables", _actions("dynamodb", TABLES), [_everything("dynamodb", "table/*")]),
        allow("ManageQueues", _actions("sqs", QUEUES), [_everything("sqs", "*")]),
    ]


def roles(platform: str) -> list[Statement]:
    """May manage the roles of *platform*, and hand them to what the platform runs."""
    own = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{platform}/*")
    linked = Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/*")
    return [
        allow("ManageRolesOfThePlatform", _actions("iam", ROLES), [own]),
        allow("HandThemToWhatThePlatformRuns", [PassRole], [own], _equals("iam:PassedToService", PASSED_TO)),
        allow(
            "GiveServiceConnectWhatAwsSays",
            _actions("iam", ["AttachRolePolicy", "DetachRolePolicy"]),
            [own],
            Condition(ArnEquals("iam:PolicyARN", SERVICE_CONNECT_POLICY)),
        ),
        allow("LetServicesMakeTheirs", [CreateServiceLinkedRole], [linked], _equals("iam:AWSServiceName", LINKED)),
    ]


def nested_stacks(stacks: Iterable[str], bucket_arn: Text, path: str) -> list[Statement]:
    """May do anything with what is nested in *stacks*, and read the templates.

    CloudFormation hands its own role, found under *path*, to every stack that it nests.
    """
    nested = [_stack(f"{stack}-*") for stack in stacks]
    itself = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{path}*")
    to_itself = _equals("iam:PassedToService", ["cloudformation.amazonaws.com"])
    return [
        allow("HandItselfToNestedStacks", [PassRole], [itself], to_itself),
        allow("ManageNestedStacks", [Action("cloudformation", "*")], nested),
        allow("ReadTheirTemplates", _actions("s3", ["GetObject"]), [Sub(f"{bucket_arn}/*")]),
    ]


def _actions(service: str, names: Iterable[str]) -> list[Action]:
    return [Action(service, name) for name in names]


def _everything(service: str, resources: str) -> Sub:
    return Sub(f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resources}")


def _stack(name: str) -> Sub:
    return Sub(f"arn:${{AWS::Partition}}:cloudformation:${{AWS::Region}}:${{AWS::AccountId}}:stack/{name}/*")


def _equals(key: str, values: Iterable[str]) -> Condition:
    return Condition(StringEquals(key, list(values)))
