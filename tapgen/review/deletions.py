"""Deletions that AWS will refuse.

An update is complete all the same: CloudFormation deletes at the end, tries it three times, and leaves behind what it
cannot delete, which nobody manages any more and which is paid for.
https://repost.aws/knowledge-center/cloudformation-stack-cleanup-stuck
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tapgen.review.differences import Change
from tapgen.review.effects import Effect
from tapgen.review.kept import KEEPING, is_kept, removed
from tapgen.review.origins import Origins
from tapgen.review.ripples import Outcome, named
from tapgen.review.stacks import Stack

_FULL = {
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_DeleteWorkGroup.html
    "AWS::Athena::WorkGroup": ("RecursiveDeleteOption", "it has queries"),
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupVault.html
    "AWS::Backup::BackupVault": ("", "it holds recovery points"),
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html
    "AWS::ECR::Repository": ("EmptyOnDelete", "it holds images"),
    # https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHostedZone.html
    "AWS::Route53::HostedZone": ("", "it holds records that are not in these templates"),
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
    "AWS::S3::Bucket": ("", "it holds objects"),
}
"""Types that must be empty, the property that has them emptied, and what they must not hold."""

_PROTECTED = {
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html
    "AWS::Cognito::UserPool": ("DeletionProtection", "ACTIVE"),
    # https://docs.aws.amazon.com/documentdb/latest/developerguide/db-cluster-delete.html
    "AWS::DocDB::DBCluster": ("DeletionProtection", "true"),
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html
    "AWS::DynamoDB::Table": ("DeletionProtectionEnabled", "true"),
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
    "AWS::EC2::Instance": ("DisableApiTermination", "true"),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protecting-log-groups-from-deletion.html
    "AWS::Logs::LogGroup": ("DeletionProtectionEnabled", "true"),
    # https://docs.aws.amazon.com/neptune/latest/userguide/manage-console-instances-delete.html
    "AWS::Neptune::DBCluster": ("DeletionProtection", "true"),
    # https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_DeleteFirewall.html
    "AWS::NetworkFirewall::Firewall": ("DeleteProtection", "true"),
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_DeleteCluster.html
    "AWS::RDS::DBCluster": ("DeletionProtection", "true"),
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
    "AWS::RDS::DBInstance": ("DeletionProtection", "true"),
}
"""What protects a resource from being deleted. That it is off in the new templates is too late for what is replaced."""

_BALANCERS = "AWS::ElasticLoadBalancingV2::LoadBalancer"
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html"""

_USED: Mapping[str, tuple[str, ...]] = {
    # https://docs.aws.amazon.com/privateca/latest/APIReference/API_DeleteCertificateAuthority.html
    "AWS::ACMPCA::CertificateAuthority": ("AWS::ACMPCA::CertificateAuthorityActivation",),
    # https://docs.aws.amazon.com/app-mesh/latest/APIReference/API_DeleteMesh.html
    "AWS::AppMesh::Mesh": ("AWS::AppMesh::",),
    # https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html
    "AWS::CertificateManager::Certificate": ("AWS::",),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
    "AWS::EC2::SecurityGroup": ("AWS::",),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html
    "AWS::EC2::Subnet": ("AWS::",),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html
    "AWS::EC2::VPC": ("AWS::EC2::", "AWS::ElasticLoadBalancingV2::"),
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html
    "AWS::ECS::Cluster": ("AWS::ECS::Service",),
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DeleteCacheSubnetGroup.html
    "AWS::ElastiCache::SubnetGroup": ("AWS::ElastiCache::",),
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteTargetGroup.html
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("AWS::ElasticLoadBalancingV2::",),
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
    "AWS::IAM::Role": ("AWS::IAM::InstanceProfile",),
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBClusterParameterGroup.html
    "AWS::RDS::DBClusterParameterGroup": ("AWS::RDS::DBCluster",),
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBParameterGroup.html
    "AWS::RDS::DBParameterGroup": ("AWS::RDS::DBInstance",),
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSubnetGroup.html
    "AWS::RDS::DBSubnetGroup": ("AWS::RDS::",),
    # https://docs.aws.amazon.com/cloud-map/latest/api/API_DeleteNamespace.html
    "AWS::ServiceDiscovery::HttpNamespace": ("AWS::ServiceDiscovery::",),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": ("AWS::ServiceDiscovery::",),
}
"""Types that cannot be deleted while others use them, and what the types of those begin with."""


@dataclass(frozen=True)
class Old:
    """A resource as it was."""

    stack: Stack
    title: str

    @property
    def type(self) -> str:
        """Its type."""
        return str(self.stack.resources[self.title]["Type"])

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its properties."""
        found: Mapping[str, Any] = self.stack.resources[self.title]["Properties"]
        return found


Olds = dict[str, Old]
"""Such resources, by address."""


@dataclass(frozen=True)
class Gone:
    """What the new templates have no place for."""

    deleted: Olds
    kept: Olds
    """What stays all the same, since a policy says so."""


def gone(
    before: Mapping[str, Stack], after: Mapping[str, Stack], changes: Iterable[Change], outcomes: Iterable[Outcome]
) -> Gone:
    """The resources that are removed, and the old ones of those that are replaced."""
    found, lost = Gone({}, {}), removed(changes)
    for address, change in lost.items():
        old = Old(before[change.stack], change.was or change.title)
        side = found.kept if is_kept(old.stack, old.title, lost) else found.deleted
        side[address] = old
    for each in outcomes:
        if each.effect == Effect.REPLACED:
            policy = after[each.stack].resources[each.title]["Policies"].get("UpdateReplacePolicy")
            side = found.kept if policy in KEEPING else found.deleted
            side[each.address] = Old(before[each.stack], each.title)
    return found


def refused(gone: Gone) -> Iterator[tuple[str, str]]:
    """The addresses of what AWS will not delete, or not in every case; and why."""
    deleted, staying = dict(gone.deleted), dict(gone.kept)
    for address, old in gone.deleted.items():
        if reason := _protected(old):
            staying[address] = deleted.pop(address)
            yield address, f"is not deleted: {reason}"
    found = True
    while found:
        found = False
        for address, user in _in_use(deleted, staying):
            found = True
            staying[address] = deleted.pop(address)
            yield address, f"is not deleted: {user}, which stays, uses it"
    for address, old in deleted.items():
        emptied, what = _FULL.get(old.type, ("", ""))
        if what and old.properties.get(emptied) != "true":
            yield address, f"is not deleted if {what}"


def _protected(old: Old) -> str:
    name, value = _PROTECTED.get(old.type, ("", ""))
    if name and old.properties.get(name) == value:
        return f"{name} is {value}"
    switch = {"Key": "deletion_protection.enabled", "Value": "true"}
    attributes = old.properties.get("LoadBalancerAttributes")
    if old.type == _BALANCERS and isinstance(attributes, list) and switch in attributes:
        return "deletion_protection.enabled is true"
    return ""


def _in_use(deleted: Olds, staying: Olds) -> list[tuple[str, str]]:
    """What is to be deleted and something that stays uses."""
    found = {}
    for user, old in staying.items():
        for name, _ in named(Origins().of(old.stack, old.properties)):
            if name in deleted and old.type.startswith(_USED.get(deleted[name].type, ("-",))):
                found[name] = user
    return list(found.items())
