"""What CloudFormation may do: what the types of the resources in the templates need, and no more."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from awacs import acm_pca
from awacs.aws import Action, ArnEquals, Condition, Statement, StringEquals
from awacs.iam import CreateServiceLinkedRole, PassRole
from troposphere import AWSHelperFn, Sub, encode_to_dict

from tapgen.kinds import Text
from tapgen.parts.arns import SERVICE_CONNECT_POLICY, stack_arn
from tapgen.parts.policies import actions, allow, document, equals
from tapgen.parts.rights.handlers import Actions, needed
from tapgen.stack import logical_id

PLACES = {
    "Network": "ec2 servicediscovery",
    "Edge": "acm elasticloadbalancing route53 wafv2",
    "Data": "acm-pca dynamodb kms rds s3 secretsmanager sqs",
    "Workload": "application-autoscaling appmesh cloudwatch ecs events lambda logs scheduler sns",
}
"""Which policy holds the rights to which services, so that what is new in one policy moves nothing in another."""

OTHERS = "Other"
"""The policy for whatever else templates of the user's own hold."""

WITHIN = {
    "dynamodb": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*",
    "s3": "arn:${AWS::Partition}:s3:::*",
    "sqs": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:*",
}
"""Services of which only one kind of resource is ours, where it is."""

ELSEWHERE = ("acm-pca:IssueCertificate", "cloudformation:*", "iam:*")
"""Actions that have statements of their own."""

ROLES = (
    "CreateRole",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "GetRole",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "ListRolePolicies",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "UpdateRoleDescription",
)
"""Without AttachRolePolicy: every policy of the platform stands in its role, where it can be reviewed; but for one."""

PASSED_TO = {
    "AWS::ECS::Service": "ecs.amazonaws.com",
    "AWS::ECS::TaskDefinition": "ecs-tasks.amazonaws.com",
    "AWS::Lambda::Function": "lambda.amazonaws.com",
    "AWS::Scheduler::Schedule": "scheduler.amazonaws.com",
    "AWS::EC2::FlowLog": "vpc-flow-logs.amazonaws.com",
}
"""Who is handed a role of the platform with a resource of a type."""

LINKED = {
    "AWS::EC2::NatGateway": "ec2-nat-gateway.amazonaws.com",
    "AWS::ECS::Cluster": "ecs.amazonaws.com",
    "AWS::ApplicationAutoScaling::ScalableTarget": "ecs.application-autoscaling.amazonaws.com",
    "AWS::ElastiCache::ReplicationGroup": "elasticache.amazonaws.com",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "elasticloadbalancing.amazonaws.com",
    "AWS::RDS::DBCluster": "rds.amazonaws.com",
}
"""Services that make a role of their own with the first resource of a type in an account.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

LARGEST = 6_144
"""Characters of a managed policy, without white space.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


def services(types: Actions) -> dict[str, list[Statement]]:
    """May make resources of these *types*: the statements of each policy, by its name."""
    by_service: dict[str, list[str]] = {}
    for action in sorted(needed(types)):
        if not any(fnmatchcase(action, pattern) for pattern in ELSEWHERE):
            service, _, name = action.partition(":")
            by_service.setdefault(service, []).append(name)
    places = {service: place for place, words in PLACES.items() for service in words.split()}
    found: dict[str, list[Statement]] = {place: [] for place in (*PLACES, OTHERS)}
    for service, names in by_service.items():
        found[places.get(service, OTHERS)] += _manage(service, names)
    if "AWS::ACMPCA::Certificate" in types:
        found["Data"].append(_issue())
    return {name: part for place, statements in found.items() for name, part in _policies(place, statements)}


def roles(platform: str, types: Collection[str]) -> list[Statement]:
    """May manage the roles of *platform*, and hand them to what is made of these *types*."""
    own = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{platform}/*")
    linked = Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/*")
    passed_to = sorted({service for kind, service in PASSED_TO.items() if kind in types})
    made_by = sorted({service for kind, service in LINKED.items() if kind in types})
    return [
        allow("ManageRolesOfThePlatform", actions("iam", ROLES), [own]),
        allow("HandThemToWhatThePlatformRuns", [PassRole], [own], equals("iam:PassedToService", passed_to)),
        allow(
            "GiveServiceConnectWhatAwsSays",
            actions("iam", ["AttachRolePolicy", "DetachRolePolicy"]),
            [own],
            Condition(ArnEquals("iam:PolicyARN", SERVICE_CONNECT_POLICY)),
        ),
        allow("LetServicesMakeTheirs", [CreateServiceLinkedRole], [linked], equals("iam:AWSServiceName", made_by)),
    ]


def nested_stacks(stacks: Iterable[str], bucket_arn: Text, path: str) -> list[Statement]:
    """May do anything with what is nested in *stacks*, and read the templates.

    CloudFormation hands its own role, found under *path*, to every stack that it nests.
    """
    nested = [stack_arn(f"{stack}-*") for stack in stacks]
    itself = Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{path}*")
    to_itself = equals("iam:PassedToService", ["cloudformation.amazonaws.com"])
    return [
        allow("HandItselfToNestedStacks", [PassRole], [itself], to_itself),
        allow("ManageNestedStacks", [Action("cloudformation", "*")], nested),
        allow("ReadTheirTemplates", actions("s3", ["GetObject"]), [Sub(f"{bucket_arn}/*")]),
    ]


def _manage(service: str, names: Iterable[str]) -> Iterator[Statement]:
    """One statement for a service, or as many as policies have room for."""
    resources: list[AWSHelperFn | str] = [Sub(WITHIN[service])] if service in WITHIN else ["*"]
    room = LARGEST - 500
    parts: list[list[str]] = [[]]
    for name in names:
        if sum(len(f'"{service}:{each}",') for each in (*parts[-1], name)) > room:
            parts.append([])
        parts[-1].append(name)
    for number, part in enumerate(parts, start=1):
        sid = f"Manage{logical_id(service)}{'' if number == 1 else number}"
        yield allow(sid, actions(service, part), resources)


def _issue() -> Statement:
    """Lets an authority certify itself: whoever may issue other certificates can be any service.

    Source: https://docs.aws.amazon.com/privateca/latest/userguide/UsingTemplates.html
    """
    return allow(
        "LetAuthoritiesSignThemselves",
        [acm_pca.IssueCertificate],
        [Sub("arn:${AWS::Partition}:acm-pca:${AWS::Region}:${AWS::AccountId}:certificate-authority/*")],
        Condition(
            StringEquals("acm-pca:TemplateArn", Sub("arn:${AWS::Partition}:acm-pca:::template/RootCACertificate/V1"))
        ),
    )


def _policies(place: str, statements: Iterable[Statement]) -> Iterator[tuple[str, list[Statement]]]:
    """The statements of one place in policies that IAM takes."""
    parts: list[list[Statement]] = []
    for statement in statements:
        if not parts or _size([*parts[-1], statement]) > LARGEST:
            parts.append([])
        parts[-1].append(statement)
    for number, part in enumerate(parts, start=1):
        yield f"{place}Rights{'' if number == 1 else number}", part


def _size(statements: Iterable[Statement]) -> int:
    """The characters of a policy of *statements*, or somewhat more: pseudo parameters are longer than their values."""
    return len(json.dumps(encode_to_dict(document(*statements)), separators=(",", ":")))
