"""What may hurt: data that are lost, protections that are lowered, ways that lead nowhere."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from tapgen.review import origins
from tapgen.review.deletions import Gone, refused
from tapgen.review.differences import Change, Difference, Path
from tapgen.review.effects import Effect
from tapgen.review.interruptions import interrupts
from tapgen.review.kept import KEEPING
from tapgen.review.networks import left_behind
from tapgen.review.priorities import in_use
from tapgen.review.ripples import Outcome
from tapgen.review.stacks import Stack

Kind = Literal[
    "data-loss", "must-fail", "never-change", "requests", "downtime", "interruption", "protection", "not-deleted"
]
"""The worst first."""

STATEFUL = (
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
)
"""Types that hold what cannot be made again. A key counts: without it what it encrypts is lost."""

_KEEPING = (*KEEPING, "Snapshot")

_SNAPSHOTS = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
"""Types of which a snapshot is made where a template does not say what becomes of one that is removed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
"""

_NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::ECS::Service": "ServiceName",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
}
"""The property with which a template gives a name that no other of the kind may have."""


@dataclass(frozen=True)
class Danger:
    """Something that may hurt, and where."""

    kind: Kind
    address: str
    text: str
    path: Path = ()
    """The property that does it, where one does."""


def dangers(
    before: Mapping[str, Stack],
    after: Mapping[str, Stack],
    changes: list[Change],
    outcomes: Mapping[str, Outcome],
    gone: Gone,
) -> list[Danger]:
    """Everything that may hurt, the worst first."""
    found = [
        *(Danger("must-fail", address, text) for address, text in in_use(before, after, changes)),
        *(
            Danger("must-fail", address, f"stays in its network, and {network} is another afterwards", path)
            for address, network, path in left_behind(after, outcomes)
        ),
        *_left_without(before, after),
        *_removed(before, changes),
        *(danger for each in outcomes.values() for danger in _replaced(before, after, each)),
        *(danger for each in outcomes.values() for danger in _changed(before, after, each)),
        *(Danger("not-deleted", address, text) for address, text in refused(gone)),
    ]
    return sorted(found, key=lambda danger: get_args(Kind).index(danger.kind))


def _left_without(before: Mapping[str, Stack], after: Mapping[str, Stack]) -> Iterator[Danger]:
    """Nested stacks whose template is gone from the folder. At an address, such as one of S3, it may still be."""
    for address, old in before.items():
        for title in old.nested:
            if address not in after or title in after[address].nested or title not in after[address].resources:
                continue
            url, was = (each[address].resources[title]["Properties"].get("TemplateURL") for each in (after, before))
            if isinstance(url, str) and "://" not in url and url == was:
                yield Danger(
                    "must-fail", f"{address}.{title}", f"names a template that is gone: {url}", ("TemplateURL",)
                )


def _removed(before: Mapping[str, Stack], changes: list[Change]) -> Iterator[Danger]:
    kept = {(change.stack, change.was) for change in changes if change.was}
    for change in changes:
        if change.kind == "removed" or (change.kind == "added" and change.was):
            title = change.was or change.title
            resource = before[change.stack].resources[title]
            if change.kind == "removed" and (change.stack, title) in kept:
                continue
            if lost := _loses(resource, "DeletionPolicy"):
                yield Danger("data-loss", f"{change.stack}.{title}", f"is deleted with all that is in it: {lost}")


def _replaced(before: Mapping[str, Stack], after: Mapping[str, Stack], outcome: Outcome) -> Iterator[Danger]:
    if outcome.effect not in (Effect.REPLACED, Effect.MAYBE_REPLACED):
        return
    old, new = before[outcome.stack].resources[outcome.title], after[outcome.stack].resources[outcome.title]
    if lost := _loses(new, "UpdateReplacePolicy"):
        policy = ("UpdateReplacePolicy",)
        yield Danger("data-loss", outcome.address, f"is {outcome.effect.says} by an empty one: {lost}", policy)
    elif _stateful(old):
        yield Danger(
            "downtime", outcome.address, f"is {outcome.effect.says} by an empty one; the old one stays, unused"
        )
    name = _NAMES.get(outcome.type)
    if name and isinstance(old["Properties"].get(name), str) and old["Properties"][name] == new["Properties"].get(name):
        text = (
            f"must be replaced and keeps its name {old['Properties'][name]!r}: CloudFormation makes the new one first"
        )
        yield Danger("must-fail", outcome.address, text, (name,))
    if outcome.type == "AWS::ECS::Service" and _discovered(old) and _discovered(new):
        text = (
            f"is {outcome.effect.says}, and its namespace takes no second one: CloudFormation makes the new one first"
        )
        yield Danger("must-fail", outcome.address, text, outcome.cause)


def _discovered(service: Mapping[str, Any]) -> bool:
    """Whether a service has a name in a namespace of Service Connect.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html
    """
    said = service["Properties"].get("ServiceConnectConfiguration")
    return isinstance(said, dict) and bool(said.get("Services"))


def _changed(before: Mapping[str, Stack], after: Mapping[str, Stack], outcome: Outcome) -> Iterator[Danger]:
    resource = before[outcome.stack].resources[outcome.title]
    context = resource["Context"]
    if isinstance(context, dict) and context.get("mutable") == "must-never-change" and outcome.effect:
        yield Danger("never-change", outcome.address, str(context.get("why", "says that it must never change")))
    if outcome.title in ("ProductionRule", "TestRule", "TargetGroup", "AlternateTargetGroup") and _coloured(
        before, outcome
    ):
        yield Danger("requests", outcome.address, "leads requests to two colours: read docs/deployments.md first")
    for path in outcome.reached:
        if outcome.effect == Effect.IN_PLACE and interrupts(outcome.type, path):
            yield Danger("interruption", outcome.address, f"is interrupted while {'.'.join(path)} changes", path)
    for difference in (*outcome.differences, *_given(before, after, outcome)):
        if text := _lowered(difference):
            yield Danger("protection", outcome.address, text, difference.path)


def _given(before: Mapping[str, Stack], after: Mapping[str, Stack], outcome: Outcome) -> Iterator[Difference]:
    """What differs in values that others give, as parameters do: as far as templates tell, and in no list."""
    written = {difference.path for difference in outcome.differences}
    for path in outcome.reached:
        if path not in written:
            was, becomes = (_told(each[outcome.stack], outcome.title, path) for each in (before, after))
            if was != becomes:
                yield Difference(path, was, becomes)


def _told(stack: Stack, title: str, path: Path) -> str | None:
    value: Any = stack.resources[title]["Properties"]
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return None if value is None else origins.default(origins.text(origins.Origins().of(stack, value)))


def _coloured(before: Mapping[str, Stack], outcome: Outcome) -> bool:
    return "AlternateTargetGroup" in before[outcome.stack].resources


def _loses(resource: Mapping[str, Any], policy: str) -> str:
    """Why nothing is left of a resource; nothing where something is, or nothing was."""
    said = resource["Policies"].get(policy)
    if said in _KEEPING or not _stateful(resource):
        return ""
    if policy == "DeletionPolicy" and said is None and resource["Type"] in _SNAPSHOTS:
        return ""
    return f"{policy} is {said or 'not said'}"


def _stateful(resource: Mapping[str, Any]) -> bool:
    """Whether a resource holds something of its own: an instance in a cluster does not."""
    if resource["Type"] == "AWS::RDS::DBInstance":
        return "DBClusterIdentifier" not in resource["Properties"]
    return resource["Type"] in STATEFUL


def _off(value: Any) -> bool:
    return value in (None, "false", "Suspended", "Disabled", "disabled")


def _less(before: Any, after: Any) -> bool:
    return str(before).isdecimal() and (after is None or (str(after).isdecimal() and int(after) < int(before)))


_SWITCHES = (
    "BlockPublicAcls",
    "BlockPublicPolicy",
    "DeletionProtection",
    "DeletionProtectionEnabled",
    "EnableKeyRotation",
    "EnforceWorkGroupConfiguration",
    "IgnorePublicAcls",
    "PointInTimeRecoveryEnabled",
    "RestrictPublicBuckets",
    "SSEEnabled",
    "ScanOnPush",
    "StorageEncrypted",
)
_LENGTHS = ("BackupRetentionPeriod", "PendingWindowInDays", "RecoveryPeriodInDays", "RetentionInDays")
_KEYS = ("BucketEncryption", "KmsKeyId", "KmsMasterKeyId", "SseSpecification", "PublicAccessBlockConfiguration")

_RULES: tuple[tuple[tuple[str, ...], Callable[[Any, Any], bool], str], ...] = (
    (_SWITCHES, lambda before, after: before == "true" and _off(after), "is no longer on"),
    (_LENGTHS, _less, "is shorter"),
    (_KEYS, lambda before, after: before is not None and after is None, "is gone"),
    (("SslPolicy",), operator.ne, "is another: see which versions and ciphers it lets in"),
    (("ImageTagMutability",), lambda _, after: after == "MUTABLE", "lets tags change"),
    (
        ("DeletionPolicy", "UpdateReplacePolicy"),
        lambda before, after: before in _KEEPING and after not in _KEEPING,
        "keeps nothing any more",
    ),
)


def _lowered(difference: Difference) -> str:
    name = difference.path[-1] if difference.path else ""
    if difference.path[-2:] == ("deletion_protection.enabled", "Value") and difference.after != "true":
        return "deletion_protection.enabled is no longer on"
    if name == "Protocol" and (difference.before, difference.after) == ("HTTPS", "HTTP"):
        return "Protocol: no longer encrypted"
    for names, applies, text in _RULES:
        if name in names and difference.before is not None and applies(difference.before, difference.after):
            return f"{'.'.join(difference.path)} {text} ({difference.before} -> {difference.after or 'nothing'})"
    return ""
