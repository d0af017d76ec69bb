"""The types of resources that a picture shows, and how people call them; every other one belongs to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["outside", "entry", "compute", "data", "message", "security", "operations", "network"]


@dataclass(frozen=True)
class Kind:
    """What a part of the platform is."""

    label: str
    family: Family
    icon: str
    """The name of a file in `icons/`."""

    level: int = 0
    """Of what computes, a stack shows the lowest level alone: a function beside a service belongs to the service."""

    folds: bool = False
    """Whether several in one stack are one part."""


INTERNET = Kind("Everybody", "outside", "globe")
STACK = Kind("Nested stack", "operations", "layers")
WORKER = Kind("Worker", "compute", "container")

_CACHE = Kind("Cache", "data", "zap")
_CDN = Kind("Content delivery", "entry", "globe")
_DATABASE = Kind("Database", "data", "database")
_API = Kind("API", "entry", "route")
_FILES = Kind("File system", "data", "hard-drive")
_JOB = Kind("Job", "compute", "calendar-clock", level=1)
_SEARCH = Kind("Search", "data", "search")

KINDS = {
    "AWS::ACMPCA::CertificateAuthority": Kind("Private authority", "security", "stamp"),
    "AWS::ApiGateway::RestApi": _API,
    "AWS::ApiGatewayV2::Api": _API,
    "AWS::CloudFront::Distribution": _CDN,
    "AWS::CloudWatch::Dashboard": Kind("Dashboard", "operations", "layout-dashboard"),
    "AWS::Cognito::UserPool": Kind("Users", "security", "users"),
    "AWS::DynamoDB::GlobalTable": Kind("Table", "data", "table-2"),
    "AWS::DynamoDB::Table": Kind("Table", "data", "table-2"),
    "AWS::EC2::Instance": Kind("Instance", "compute", "container"),
    "AWS::EC2::NatGateway": Kind("NAT gateway", "network", "network", folds=True),
    "AWS::EC2::VPCEndpoint": Kind("Endpoint", "network", "plug", folds=True),
    "AWS::ECR::Repository": Kind("Image repository", "operations", "package"),
    "AWS::ECS::Cluster": Kind("Cluster", "operations", "boxes"),
    "AWS::ECS::Service": Kind("Service", "compute", "container"),
    "AWS::ECS::TaskDefinition": _JOB,
    "AWS::EFS::FileSystem": _FILES,
    "AWS::ElastiCache::CacheCluster": _CACHE,
    "AWS::ElastiCache::ReplicationGroup": _CACHE,
    "AWS::ElastiCache::ServerlessCache": _CACHE,
    "AWS::ElasticLoadBalancing::LoadBalancer": Kind("Load balancer", "entry", "split"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Kind("Load balancer", "entry", "split"),
    "AWS::KMS::Key": Kind("Key", "security", "key-round", folds=True),
    "AWS::Kinesis::Stream": Kind("Stream", "message", "inbox"),
    "AWS::Lambda::Function": Kind("Function", "compute", "square-function", level=2),
    "AWS::OpenSearchService::Domain": _SEARCH,
    "AWS::RDS::DBCluster": _DATABASE,
    "AWS::RDS::DBInstance": _DATABASE,
    "AWS::S3::Bucket": Kind("Bucket", "data", "archive"),
    "AWS::SNS::Topic": Kind("Topic", "message", "megaphone"),
    "AWS::SQS::Queue": Kind("Queue", "message", "inbox"),
    "AWS::SecretsManager::Secret": Kind("Secret", "security", "lock", folds=True),
    "AWS::WAFv2::WebACL": Kind("Web firewall", "entry", "shield-check"),
}
