"""Resources, and what becomes of them, in words that need no knowledge of CloudFormation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_TYPES: Mapping[str, str] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "bounds of scaling",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "scaling policy",
    "AWS::CertificateManager::Certificate": "certificate",
    "AWS::CloudFormation::Stack": "stack",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::EC2::EIP": "public address",
    "AWS::EC2::NatGateway": "NAT gateway",
    "AWS::EC2::SecurityGroup": "security group",
    "AWS::EC2::SecurityGroupEgress": "firewall rule",
    "AWS::EC2::SecurityGroupIngress": "firewall rule",
    "AWS::EC2::VPC": "VPC",
    "AWS::EC2::VPCEndpoint": "endpoint",
    "AWS::EC2::VPCGatewayAttachment": "gateway attachment",
    "AWS::ECR::Repository": "image repository",
    "AWS::ECS::Service": "service",
    "AWS::ECS::TaskDefinition": "task definition",
    "AWS::ElasticLoadBalancingV2::ListenerRule": "routing rule",
    "AWS::IAM::OIDCProvider": "identity provider",
    "AWS::IAM::Role": "role",
    "AWS::KMS::Key": "encryption key",
    "AWS::Logs::LogGroup": "log group",
    "AWS::Route53::RecordSet": "DNS record",
    "AWS::S3::Bucket": "bucket",
    "AWS::S3::BucketPolicy": "bucket policy",
    "AWS::SNS::Topic": "topic",
    "AWS::SecretsManager::Secret": "secret",
    "AWS::ServiceDiscovery::HttpNamespace": "namespace",
    "AWS::WAFv2::WebACL": "web application firewall",
}
"""Where the last part of a type's name, taken apart, says it badly."""

_DOING: Mapping[str, str] = {
    "CREATE_IN_PROGRESS": "creating",
    "UPDATE_IN_PROGRESS": "updating",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "clearing away",
    "UPDATE_ROLLBACK_IN_PROGRESS": "going back",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "clearing away",
    "ROLLBACK_IN_PROGRESS": "undoing",
    "DELETE_IN_PROGRESS": "deleting",
    "CREATE_COMPLETE": "created",
    "UPDATE_COMPLETE": "updated",
    "UPDATE_ROLLBACK_COMPLETE": "as it was before",
    "ROLLBACK_COMPLETE": "undone",
    "DELETE_COMPLETE": "deleted",
    "DELETE_SKIPPED": "kept",
    "CREATE_FAILED": "could not be created",
    "UPDATE_FAILED": "could not be updated",
    "ROLLBACK_FAILED": "could not be undone",
    "UPDATE_ROLLBACK_FAILED": "could not go back",
    "DELETE_FAILED": "could not be deleted",
}


def thing(kind: str) -> str:
    """What a resource of a type is: `AWS::EC2::RouteTable` is a `route table`."""
    if kind in _TYPES:
        return _TYPES[kind]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.rpartition("::")[2])
    return words.lower() if words != words.upper() else words


def doing(status: str) -> str:
    """What becomes of something: `CREATE_IN_PROGRESS` is `creating`."""
    return _DOING.get(status, status.lower().replace("_", " "))


def elapsed(seconds: float) -> str:
    """A duration: `42 s`, `3 min 07 s`, `1 h 05 min`."""
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def elapsed_since(moment: datetime) -> str:
    """How long something goes on, or is over."""
    return elapsed(max(0.0, (datetime.now(UTC) - moment).total_seconds()))
