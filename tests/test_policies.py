"""Every policy of every golden platform: what it allows, on what, and why where that is not one thing alone.

Each resource that a statement names is followed, through parameters and the root, to what the platform makes, or stands
in `tapgen.yaml`. A wildcard in an action or a resource stands in one of the tables below, with its reason.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tapgen.parse import parse
from tests.promises.contract import Mutation, add, both, drop, put, swap
from tests.promises.resolved import Platform, allowed

CASES = sorted(Path(__file__).with_name("golden").joinpath("platforms").iterdir())
DOCS = "https://docs.aws.amazon.com"
CHANNELS = f"is about no resource; {DOCS}/service-authorization/latest/reference/list_amazonmessagegatewayservice.html"
TRACES = f"is about no resource; {DOCS}/service-authorization/latest/reference/list_awsx-ray.html"
BALANCING = f"is about no resource; {DOCS}/service-authorization/latest/reference/list_awselasticloadbalancingv2.html"
INTERFACES = f"Lambda asks for it as AWS's own policy says it; {DOCS}/lambda/latest/dg/configuration-vpc.html"
ENCRYPTED_LOGS = f"{DOCS}/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"

ON_EVERYTHING = {
    "ec2:AssignPrivateIpAddresses": INTERFACES,
    "ec2:CreateNetworkInterface": INTERFACES,
    "ec2:DeleteNetworkInterface": INTERFACES,
    "ec2:DescribeNetworkInterfaces": INTERFACES,
    "ec2:DescribeSubnets": INTERFACES,
    "ec2:UnassignPrivateIpAddresses": INTERFACES,
    "ecr:GetAuthorizationToken": f"is about no resource; {DOCS}/AmazonECR/latest/userguide/security-iam-awsmanpol.html",
    "elasticloadbalancing:DescribeListeners": BALANCING,
    "elasticloadbalancing:DescribeRules": BALANCING,
    "elasticloadbalancing:DescribeTargetGroups": BALANCING,
    "elasticloadbalancing:DescribeTargetHealth": BALANCING,
    "logs:DescribeLogGroups": f"asks for the list of all; {DOCS}/vpc/latest/userguide/flow-logs-iam-role.html",
    "ssmmessages:CreateControlChannel": CHANNELS,
    "ssmmessages:CreateDataChannel": CHANNELS,
    "ssmmessages:OpenControlChannel": CHANNELS,
    "ssmmessages:OpenDataChannel": CHANNELS,
    "xray:GetSamplingRules": TRACES,
    "xray:GetSamplingStatisticSummaries": TRACES,
    "xray:GetSamplingTargets": TRACES,
    "xray:PutTelemetryRecords": TRACES,
    "xray:PutTraceSegments": TRACES,
}
"""Actions that can only be allowed on everything."""

IN_KEY_POLICIES = {
    "kms:*": f"the account governs its keys, or nobody could; {DOCS}/kms/latest/developerguide/key-policy-default.html",
    "kms:GenerateDataKey*": f"one right in two spellings, with the plain key and without; {ENCRYPTED_LOGS}",
    "kms:ReEncrypt*": f"from and to: two halves of one right; {ENCRYPTED_LOGS}",
}
"""Actions with a wildcard in the policies of keys, where the resource `*` is the key itself."""

DEPLOYING = {
    "Manage": "the names of what templates hold are CloudFormation's own; another test holds actions to types",
    "LetAuthoritiesSignThemselves": "authorities have ids that nobody knows before; limited to what they begin with",
    "ManageRolesOfThePlatform": "roles below the platform's path, whose names are CloudFormation's own",
    "HandThemToWhatThePlatformRuns": "the same roles",
    "GiveServiceConnectWhatAwsSays": "the same roles, limited by a condition to one policy of AWS's own",
    "LetServicesMakeTheirs": "roles that AWS names, limited by a condition to those services",
    "HandItselfToNestedStacks": "the role itself, whose name is CloudFormation's own",
    "ManageNestedStacks": "stacks that are nested in those of the platform, whose names end in random letters",
    "ChangeTheRootStack": "one stack, whose ARN ends in an id that nobody knows before",
    "ProtectAndPreviewNestedStacks": "nested stacks, as above",
    "WatchEveryStack": "root stacks and nested ones, as above",
    "FindNestedStacks": "which stacks are nested is seen in the list of all",
    "TagImagesInUse": "the repositories below the platform's name, one for each image",
    "PushImages": "the same repositories",
    "ReadImagesAndScans": "the same repositories",
    "SeeServicesAndTasks": "services, their deployments and tasks have ids that nobody knows before; this only looks",
    "SeeWhereRequestsGo": "what this asks about is no resource, and it only looks",
    "PreviewTheRootStack": "one stack, as above",
    "PreviewNestedStacks": "nested stacks, as above",
    "SeeWhichColourIsLive": "rules are no resources here, and this only looks",
    "FindImages": "the repositories below the platform's name, one for each image",
    "TakeDeploymentsBack": "services begin with the name of the root stack; their deployments have ids",
    "RunJobs": "the families of jobs begin with the name of the root stack, and have many revisions",
    "StopThem": "tasks have ids that nobody knows before",
    "TagThem": "tasks, as above",
    "HandThemTheirRoles": "the roles below the path of one environment, for tasks alone",
    "ReadTheirLogs": "log groups begin with the name of their stack and end in random letters",
}
"""Statements of the roles that deploy, by Sid, which speak of what other stacks will make."""

MANAGED = {
    "service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity": (
        f"ECS alone has it, as AWS says; {DOCS}/AmazonECS/latest/developerguide/infrastructure_IAM_role.html"
    )
}
"""Policies of AWS's own, which can grow without us, by what follows the start of their ARNs."""

ISSUE = "acm-pca:IssueCertificate"
"""What makes somebody whoever a certificate says."""

SERVICES, AUTHORITIES = "EndEntityCertificate_APIPassthrough", "RootCACertificate"
"""The kinds of certificates: those of services, which sign no others, are the signers' to issue."""

WITHIN = {"AWS::S3::Bucket": r"(/[^*]+)?/\*", "AWS::DynamoDB::Table": r"/index/[^*]+"}
"""What may follow the ARN of a resource: names inside it that nobody knows before."""

PSEUDO = {"${AWS::Partition}": "aws[a-z-]*", "${AWS::Region}": "[a-z0-9-]+", "${AWS::AccountId}": "[0-9]{12}"}
"""What the file says where a template has a pseudo parameter."""

NAMED = {
    "AWS::ECR::Repository": (
        "RepositoryName",
        "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/",
        "",
    ),
    "AWS::ECS::TaskDefinition": (
        "Family",
        "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:task-definition/",
        ":*",
    ),
}
"""What is found by its name: the property that names it, how its ARN begins, and what ends it, for every revision."""

UNBORN = {
    "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:service/${cluster.Cluster}/*": (
        "services are made after what asks their versions, and CloudFormation chooses their names"
    ),
    "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:service-deployment/${cluster.Cluster}/*": (
        "a deployment gets its id when it begins"
    ),
    "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:task/${cluster.Cluster}/*": (
        "a task gets its id, which ends its ARN, in the moment in which it is tagged"
    ),
    "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${AWS::StackName}-ServiceOrder-*/*": (
        "a nested stack is called by its root, its logical id and random letters, and ends in an id"
    ),
}
"""What cannot be named before it is there."""


class Walk:
    """Every statement of one platform that allows something, and what is wrong with it."""

    def __init__(self, platform: Platform, file: str) -> None:
        self.platform = platform
        self.file = file
        self.used: set[str] = set()
        """The entries of the tables above that were needed."""

        self._named = {
            start + properties[name] + end
            for kind, (name, start, end) in NAMED.items()
            for properties in platform.properties(kind).values()
            if name in properties
        }

    def faults(self) -> list[str]:
        """What is allowed and should not be, with the address of its resource."""
        return [
            f"{stack}.{title}: {fault}"
            for stack, template in self.platform.templates.items()
            for title in template["Resources"]
            for resource in [self.platform.resource(stack, title)]
            for fault in self._resource_faults(stack, resource)
        ]

    def _resource_faults(self, stack: str, resource: Any) -> Iterator[str]:
        properties = resource.get("Properties", {})
        for policy in properties.get("ManagedPolicyArns", []):
            if self._own(stack, str(policy)):
                continue
            name = str(policy).removeprefix("arn:${AWS::Partition}:iam::aws:policy/")
            self.used |= {name} & MANAGED.keys()
            if name not in MANAGED:
                yield f"{policy} is somebody else's"
        for document in _documents(properties):
            for statement in allowed(document):
                yield from self._statement(stack, resource["Type"], statement)

    def _own(self, stack: str, policy: str) -> bool:
        """Whether a policy stands in the same template, where its statements are judged."""
        here = self.platform.templates[stack]["Resources"]
        titles = [title for title, resource in here.items() if resource["Type"] == "AWS::IAM::ManagedPolicy"]
        return policy in [f"${{{stack}.{title}}}" for title in titles]

    def _statement(self, stack: str, kind: str, statement: dict[str, Any]) -> Iterator[str]:
        if unknown := statement.keys() - {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}:
            yield f"{', '.join(sorted(unknown))} allows what is not said"
        if statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]}):
            yield "anybody may"
        signs = AUTHORITIES if (stack, kind) == ("bootstrap", "AWS::IAM::ManagedPolicy") else SERVICES
        if ISSUE in _list(statement.get("Action")) and not _one_kind(statement, signs):
            yield f"{ISSUE} is allowed for certificates of every kind"
        if stack == "bootstrap" and (known := self._deploying(kind, str(statement.get("Sid")))):
            self.used.add(known)
            return
        for action in _list(statement.get("Action")):
            if kind == "AWS::KMS::Key" and action in IN_KEY_POLICIES:
                self.used.add(action)
            elif "*" in action:
                yield f"{action} is several actions"
        for resource in _list(statement.get("Resource")):
            yield from self._resource(stack, kind, resource, _list(statement.get("Action")))

    def _deploying(self, kind: str, sid: str) -> str:
        """The entry of the table for a statement of who deploys; the rights to a service have one in common."""
        name = "Manage" if kind == "AWS::IAM::ManagedPolicy" and sid.startswith("Manage") else sid
        return name if name in DEPLOYING else ""

    def _resource(self, stack: str, kind: str, resource: Any, actions: list[str]) -> Iterator[str]:
        if resource == "*":
            for action in actions if kind != "AWS::KMS::Key" else ():
                self.used |= {action} & ON_EVERYTHING.keys()
                if action not in ON_EVERYTHING:
                    yield f"{action} is allowed on everything"
        elif resource in self._named:
            self.used |= {kind for kind, (_, start, _) in NAMED.items() if resource.startswith(start)}
        elif resource in UNBORN:
            self.used.add(resource)
        elif found := re.fullmatch(r"(\$\{[^:.}]+\.[^}]+\})(.*)", str(resource)):
            yield from self._here(stack, found[1], found[2], actions)
        elif "*" in str(resource) or not self._written(str(resource)):
            yield f"{resource} is neither made here nor named in tapgen.yaml"

    def _here(self, stack: str, reference: str, rest: str, actions: list[str]) -> Iterator[str]:
        """What is wrong with a right of *stack* to what the platform makes, or to something inside it."""
        made = self._made(reference)
        if rest:
            self.used.add(made)
            if not re.fullmatch(WITHIN.get(made, ""), rest):
                yield f"{reference}{rest} is not how to speak of what is in a {made}"
        if made == "AWS::Lambda::Function" and not reference.startswith(f"${{{stack}."):
            yield f"{reference}{rest} is the function of another"
        yield from (
            f"{action} is no action on a {made}" for action in actions if action.split(":")[0] not in _services(made)
        )

    def _made(self, reference: str) -> str:
        """The type that a reference leads to; RDS makes the secret of a master user itself."""
        by_rds = reference.endswith(".MasterUserSecret.SecretArn}")
        return "AWS::SecretsManager::Secret" if by_rds else str(self.platform.at(reference)["Type"])

    def _written(self, arn: str) -> bool:
        """Whether `tapgen.yaml` names it, by its ARN or, a repository of ECR, by the address of an image."""
        repository = re.fullmatch(r"arn:\$\{AWS::Partition\}:ecr:([a-z0-9-]+):([0-9]{12}):repository/(.+)", arn)
        if repository:
            return repository.expand(r"\2.dkr.ecr.\1.amazonaws.com/\3") in self.file
        named = re.fullmatch(r"arn:.*:(?:(secret:[^:]+)-\?{6}|parameter(/[^*]+))", arn)
        if named and (named[1] or named[2]) in self.file:
            return True
        parts = re.escape(arn).replace(re.escape("${AWS::Partition}"), "aws[a-z-]*")
        parts = parts.replace(re.escape("${AWS::Region}"), "[a-z0-9-]+").replace(
            re.escape("${AWS::AccountId}"), "[0-9]+"
        )
        return re.search(rf"{parts}(?![^\s,\]\"'])", self.file) is not None


def _services(kind: str) -> tuple[str, ...]:
    """How actions on a type of resource begin."""
    service = kind.split("::")[1].lower()
    if kind == "AWS::RDS::DBCluster":
        return service, "rds-data"
    return ({"acmpca": "acm-pca", "elasticloadbalancingv2": "elasticloadbalancing"}.get(service, service),)


def _one_kind(statement: dict[str, Any], kind: str) -> bool:
    """Whether a right to issue certificates is one to issue those of a kind."""
    template = statement.get("Condition", {}).get("StringEquals", {}).get("acm-pca:TemplateArn")
    return bool(template == f"arn:${{AWS::Partition}}:acm-pca:::template/{kind}/V1")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _documents(node: Any) -> Iterator[Any]:
    match node:
        case {"Statement": list()}:
            yield node
        case dict():
            for item in node.values():
                yield from _documents(item)
        case list():
            for item in node:
                yield from _documents(item)


def _platforms(case: Path) -> Iterator[tuple[str, Walk]]:
    """Every environment of a golden platform, as it is checked in."""
    folder = case / "templates_out"
    texts = {path.relative_to(folder).with_suffix(""): path.read_text("utf-8") for path in folder.rglob("*.yaml")}
    parsed = {path: parse(text) for path, text in texts.items()}
    file = (case / "tapgen.yaml").read_text("utf-8")
    for name in {path.parts[0] for path in parsed if len(path.parts) > 1}:
        here = {path.name: template for path, template in parsed.items() if path.parts[:-1] in ((), (name,))}
        yield f"{case.name}/{name}", Walk(Platform(name, here), file)


WALKS = dict(sorted(walk for case in CASES for walk in _platforms(case)))


@pytest.mark.parametrize("name", WALKS)
def test_every_policy_allows_exact_actions_on_what_is_there(name: str) -> None:
    assert WALKS[name].faults() == []


def test_every_exception_is_needed() -> None:
    used: set[str] = set()
    for walk in WALKS.values():
        walk.faults()
        used |= walk.used
    assert used == {*ON_EVERYTHING, *IN_KEY_POLICIES, *DEPLOYING, *MANAGED, *WITHIN, *NAMED, *UNBORN}


OWN = "service-reports/TaskRole/Policies/0/PolicyDocument/Statement"
LOGS = {"Fn::GetAtt": ["LogGroup", "Arn"]}


def statement(action: str, resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [action], "Resource": [resource]}


WIDER = {
    "an action of everything": (add(OWN, statement("logs:*", LOGS)), "logs:* is several actions"),
    "several actions": (add(OWN, statement("logs:Put*", LOGS)), "logs:Put* is several actions"),
    "on everything": (add(OWN, statement("logs:PutLogEvents", "*")), "logs:PutLogEvents is allowed on everything"),
    "on all of a kind": (
        add(OWN, statement("logs:PutLogEvents", {"Fn::Sub": "arn:${AWS::Partition}:logs:*:*:*"})),
        "neither made here",
    ),
    "as text, not as a list": (
        add(OWN, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
        "s3:* is several actions",
    ),
    "all but some actions": (
        add(OWN, {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": [LOGS]}),
        "NotAction allows",
    ),
    "all but some resources": (
        add(OWN, {"Effect": "Allow", "Action": ["s3:GetObject"], "NotResource": [LOGS]}),
        "NotResource allows",
    ),
    "what nobody makes": (
        add(OWN, statement("s3:GetObject", "arn:aws:s3:::somebody-elses/*")),
        "somebody-elses/* is neither",
    ),
    "an image of nobody": (
        add(
            OWN,
            statement(
                "ecr:BatchGetImage",
                {"Fn::Sub": "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/shop/nothing"},
            ),
        ),
        "shop/nothing is neither",
    ),
    "more than a log group": (
        add(OWN, statement("logs:PutLogEvents", {"Fn::Sub": "${LogGroup.Arn}*"})),
        "not how to speak of what is in a AWS::Logs",
    ),
    "an action on something else": (add(OWN, statement("s3:GetObject", LOGS)), "s3:GetObject is no action on"),
    "a resource that is not there": (
        add(OWN, statement("s3:GetObject", {"Fn::GetAtt": ["Bucket", "Arn"]})),
        "no Bucket in service-reports",
    ),
    "the key of everybody": (put("keys/LogsKey/KeyPolicy/Statement/1/Principal", {"AWS": "*"}), "anybody"),
    "the topic of everybody": (put("alerts/TopicPolicy/PolicyDocument/Statement/0/Principal", "*"), "anybody"),
    "everything with a topic": (
        put("alerts/TopicPolicy/PolicyDocument/Statement/0/Action", ["sns:*"]),
        "sns:* is several",
    ),
    "a key that may be used for all": (
        put("keys/LogsKey/KeyPolicy/Statement/1/Action", ["kms:De*"]),
        "kms:De* is several",
    ),
    "deploying, in a template of its own": (
        put(f"{OWN}/0", statement("s3:PutObject", "*") | {"Sid": "ManageS3"}),
        "s3:PutObject is allowed on everything",
    ),
    "a role that deploys, and more": (
        put("bootstrap/LiveDeployRole/Policies/0/PolicyDocument/Statement/0/Sid", "AnotherSid"),
        "stack/shop-live/* is neither",
    ),
    "a repository of another name": (
        put("registry/OrdersRepository/RepositoryName", "shop/else"),
        "repository/shop/orders is neither",
    ),
    "a parameter from nowhere": (
        drop("root/ServiceReports/Parameters/ClusterExecLogGroupArn"),
        "does not give ClusterExecLogGroupArn",
    ),
}
"""Changes that give somebody more, or break what a right is about, and what is said of each."""


SIGNER = "service-cart/SignerRole/Policies/run/PolicyDocument/Statement"
TASK = "service-cart/TaskRole/Policies/certificates/PolicyDocument/Statement"
AUTHORITY = {"Ref": "CertificatesAuthorityArn"}

WIDER_IN_THE_MESH = {
    "a signer for everything": (put(f"{SIGNER}/0/Resource", ["*"]), f"{ISSUE} is allowed on everything"),
    "a signer of every kind": (drop(f"{SIGNER}/0/Condition"), f"{ISSUE} is allowed for certificates of every kind"),
    "a signer of authorities": (
        swap(f"{SIGNER}/0/Condition", "EndEntityCertificate_APIPassthrough", "SubordinateCACertificate_PathLen0"),
        f"{ISSUE} is allowed for certificates of every kind",
    ),
    "tasks that sign": (add(TASK, statement(ISSUE, AUTHORITY)), f"{ISSUE} is allowed for certificates of every kind"),
    "tasks that ask the signer of others": (
        both(
            put("service-stock/Outputs", {"Signer": {"Value": {"Fn::GetAtt": ["Signer", "Arn"]}}}),
            put("service-cart/Parameters/Signer", {"Type": "String"}),
            put("root/ServiceCart/Parameters/Signer", {"Fn::GetAtt": ["ServiceStock", "Outputs.Signer"]}),
            add(TASK, statement("lambda:InvokeFunction", {"Ref": "Signer"})),
        ),
        "${service-stock.Signer.Arn} is the function of another",
    ),
    "tasks that ask every signer": (
        add(TASK, statement("lambda:InvokeFunction", {"Fn::Sub": "arn:${AWS::Partition}:lambda:*:*:function:*"})),
        "function:* is neither",
    ),
    "AWS's own policy": (
        put("service-cart/TaskRole/ManagedPolicyArns", ["arn:aws:iam::aws:policy/AWSPrivateCAUser"]),
        "AWSPrivateCAUser is somebody else's",
    ),
}
"""The same for who says which service is which."""

WIDENED = [
    pytest.param(name, change, fault, id=what)
    for name, changes in (("everything/live", WIDER), ("mesh/mutual", WIDER_IN_THE_MESH))
    for what, (change, fault) in changes.items()
]


@pytest.mark.parametrize(("name", "change", "fault"), WIDENED)
def test_whatever_is_wider_is_found(name: str, change: Mutation, fault: str) -> None:
    walk = WALKS[name]
    templates = pickle.loads(pickle.dumps(dict(walk.platform.templates)))
    change(templates)
    try:
        found = "\n".join(Walk(Platform(walk.platform.name, templates), walk.file).faults())
    except AssertionError as error:  # what a right is about cannot even be found
        found = str(error)
    assert fault in found
