"""What workflows may do that deploy one environment."""

from __future__ import annotations

from collections.abc import Iterable

from awacs.aws import Statement
from awacs.iam import PassRole
from troposphere import Sub

from tapgen.kinds import Text
from tapgen.parts.arns import stack_arn
from tapgen.parts.policies import actions, allow, equals

WATCH = (
    "DescribeChangeSet",
    "DescribeStackEvents",
    "DescribeStacks",
    "GetStackPolicy",
    "GetTemplate",
    "ListChangeSets",
    "ListStackResources",
)

CHANGE = (
    "CreateChangeSet",
    "DeleteChangeSet",
    "ExecuteChangeSet",
    "SetStackPolicy",
    "TagResource",
    "UntagResource",
    "UpdateTerminationProtection",
)

WAYS_OUT = ("CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack")
"""What a person is told to do by hand when a deployment is stuck, as `docs/deploying.md` says."""

ECS = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"


def stacks(stack: str, shared: Iterable[str]) -> list[Statement]:
    """May change *stack* through change sets, and watch it, what is nested in it, and the *shared* stacks it needs.

    What is nested only changes with its root; but its policies and previews are its own.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
    """
    nested = f"{stack}-*"
    watched = [stack_arn(each) for each in (stack, nested, *shared)]
    return [
        allow("ChangeTheRootStack", actions("cloudformation", [*CHANGE, *WAYS_OUT]), [stack_arn(stack)]),
        allow(
            "ProtectAndPreviewNestedStacks",
            actions("cloudformation", ["DeleteChangeSet", "SetStackPolicy"]),
            [stack_arn(nested)],
        ),
        allow("WatchEveryStack", actions("cloudformation", WATCH), watched),
        # Which stacks are nested is known only to who may see the list of all.
        allow("FindNestedStacks", actions("cloudformation", ["DescribeStacks"]), ["*"]),
    ]


def previews(stack: str, shared: Iterable[str]) -> list[Statement]:
    """May see what would change in *stack*, and not make it so.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
    """
    root, nested = stack_arn(stack), stack_arn(f"{stack}-*")
    make = actions("cloudformation", ["CreateChangeSet", "DeleteChangeSet", "TagResource"])
    return [
        allow("PreviewTheRootStack", make, [root]),
        allow("PreviewNestedStacks", actions("cloudformation", ["DeleteChangeSet"]), [nested]),
        allow("WatchEveryStack", actions("cloudformation", WATCH), [root, nested, *map(stack_arn, shared)]),
        # Which stacks are nested is known only to who may see the list of all; and rules are no resources.
        allow("FindNestedStacks", actions("cloudformation", ["DescribeStacks"]), ["*"]),
        allow("SeeWhichColourIsLive", actions("elasticloadbalancing", ["DescribeRules"]), ["*"]),
    ]


def seeing_images(platform: str) -> list[Statement]:
    """May see whether images of *platform* are there."""
    return [allow("FindImages", actions("ecr", ["BatchGetImage"]), [_repositories(platform)])]


def images(platform: str) -> list[Statement]:
    """May see whether images of *platform* are there, and tag them as in use.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html
    """
    return [allow("TagImagesInUse", actions("ecr", ["BatchGetImage", "PutImage"]), [_repositories(platform)])]


def pushing(platform: str) -> list[Statement]:
    """May build and copy images into the repositories of *platform*, read their scans, and copy them elsewhere.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
    """
    repositories = _repositories(platform)
    upload = ["BatchCheckLayerAvailability", "CompleteLayerUpload", "InitiateLayerUpload", "UploadLayerPart"]
    read = ["DescribeImages", "DescribeImageScanFindings", "DescribeRepositories", "GetDownloadUrlForLayer"]
    return [
        # This action knows no resource.
        allow("LogInToTheRegistry", actions("ecr", ["GetAuthorizationToken"]), ["*"]),
        allow("PushImages", actions("ecr", upload), [repositories]),
        allow("ReadImagesAndScans", actions("ecr", read), [repositories]),
    ]


def diagnosis(stack: str, cluster: str) -> list[Statement]:
    """May see why tasks of *stack* in *cluster* do not run, which deployments there are, and where requests go.

    Sources:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html ,
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html ,
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    group = Sub(f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{stack}-*")
    deployments = ["DescribeServiceDeployments", "ListServiceDeployments"]
    seen = [Sub(f"{ECS}:{kind}/{cluster}/*") for kind in ("service", "service-deployment", "task")]
    unnamed = [
        *actions("cloudwatch", ["DescribeAlarms"]),
        *actions("ecs", ["DescribeTaskDefinition", "ListServices", "ListTasks"]),
        *actions("elasticloadbalancing", ["DescribeRules", "DescribeTargetHealth"]),
    ]
    return [
        allow("SeeServicesAndTasks", actions("ecs", ["DescribeServices", "DescribeTasks", *deployments]), seen),
        # These know no resource, or not all that they are asked about.
        allow("SeeWhereRequestsGo", unnamed, ["*"]),
        allow("ReadTheirLogs", actions("logs", ["FilterLogEvents", "GetLogEvents"]), [group]),
    ]


def way_back(stack: str, cluster: str) -> list[Statement]:
    """May stop deployments of the services of *stack*, which takes them back.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
    """
    services = [Sub(f"{ECS}:{kind}/{cluster}/{stack}-*") for kind in ("service", "service-deployment")]
    return [allow("TakeDeploymentsBack", actions("ecs", ["StopServiceDeployment"]), services)]


def jobs(stack: str, path: str, cluster: str) -> list[Statement]:
    """May run the jobs of *stack*, whose roles are below *path*, in *cluster*, and stop them.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
    """
    tasks = Sub(f"{ECS}:task/{cluster}/*")
    own = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{path}*")
    return [
        allow("RunJobs", actions("ecs", ["RunTask"]), [Sub(f"{ECS}:task-definition/{stack}-Job*")]),
        allow("StopThem", actions("ecs", ["StopTask"]), [tasks]),
        allow("TagThem", actions("ecs", ["TagResource"]), [tasks], equals("ecs:CreateAction", ["RunTask"])),
        allow("HandThemTheirRoles", [PassRole], [own], equals("iam:PassedToService", ["ecs-tasks.amazonaws.com"])),
    ]


def artifacts(bucket_arn: Text, folder: str) -> list[Statement]:
    """May put templates into a *folder* of the artifact bucket and read them, not those of other environments."""
    return [
        allow("FindArtifacts", actions("s3", ["ListBucket"]), [bucket_arn]),
        allow("UseArtifacts", actions("s3", ["GetObject", "PutObject"]), [Sub(f"{bucket_arn}/{folder}/*")]),
    ]


def _repositories(platform: str) -> Sub:
    return Sub(f"arn:${{AWS::Partition}}:ecr:${{AWS::Region}}:${{AWS::AccountId}}:repository/{platform}/*")
