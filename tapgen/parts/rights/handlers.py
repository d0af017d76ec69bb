"""What CloudFormation calls to create, read, update and delete a resource of each type.

`handlers.json` is taken from AWS's schemas as cfn-lint ships them, and stands here so that templates depend on the
version of tapgen alone. `make golden` takes it anew.

Sources: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-develop.html ,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

Actions = Mapping[str, Collection[str]]
"""The actions that the handlers of each type call, as AWS's schemas say."""

DOCS = "https://docs.aws.amazon.com"


class Missing(NamedTuple):
    """What the handlers of a type need, and the schema does not say."""

    kind: str
    actions: str
    why: str


class Unused(NamedTuple):
    """What handlers know, and our templates never make them do."""

    kind: str
    actions: str
    why: str


_CUSTOM = (
    f"a function is what makes it; {DOCS}/AWSCloudFormation/latest/UserGuide/template-custom-resources-lambda.html"
)

MISSING = (
    Missing(
        "AWS::AppMesh::*",
        "appmesh:Create{0} appmesh:Delete{0} appmesh:Describe{0} appmesh:Update{0}"
        " appmesh:ListTagsForResource appmesh:TagResource appmesh:UntagResource",
        f"the schema names no handlers; {DOCS}/service-authorization/latest/reference/list_awsappmesh.html",
    ),
    Missing("AWS::CloudFormation::CustomResource", "lambda:InvokeFunction", _CUSTOM),
    Missing("Custom::*", "lambda:InvokeFunction", _CUSTOM),
    Missing(
        "AWS::EC2::VPCEndpoint",
        "route53:AssociateVPCWithHostedZone",
        f"for private DNS names; {DOCS}/service-authorization/latest/reference/list_amazonec2.html",
    ),
    Missing(
        "AWS::ElasticLoadBalancingV2::ListenerCertificate",
        "elasticloadbalancing:AddListenerCertificates elasticloadbalancing:DescribeListenerCertificates"
        " elasticloadbalancing:RemoveListenerCertificates",
        "the schema names no handlers;"
        f" {DOCS}/service-authorization/latest/reference/list_awselasticloadbalancingv2.html",
    ),
    Missing(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "ec2:DescribeAccountAttributes ec2:DescribeAddresses ec2:DescribeInternetGateways ec2:DescribeSecurityGroups"
        " ec2:DescribeSubnets ec2:DescribeVpcs iam:CreateServiceLinkedRole",
        f"{DOCS}/elasticloadbalancing/latest/userguide/elb-api-permissions.html",
    ),
    Missing(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "ec2:DescribeInternetGateways",
        f"{DOCS}/elasticloadbalancing/latest/userguide/elb-api-permissions.html",
    ),
    Missing(
        "AWS::RDS::DBCluster",
        "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:GenerateDataKey",
        f"for keys of ours; {DOCS}/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html",
    ),
    Missing(
        "AWS::SecretsManager::Secret",
        "kms:Decrypt kms:GenerateDataKey",
        f"for keys of ours; {DOCS}/secretsmanager/latest/userguide/security-encryption.html",
    ),
)

_DATA = "dynamodb:*Item dynamodb:Query dynamodb:Scan firehose:PutRecord* kinesis:PutRecord* logs:PutLogEvents"
_OBJECTS = "s3:*Object s3:GetObject[MV]* s3:PutObjectAcl s3:REST.*"
_ELSEWHERE = "amplify:* apigateway:* apprunner:* appsync:* bedrock-agentcore:* cognito-idp:* ec2:*VerifiedAccess*"

UNUSED = (
    Unused("AWS::*", f"{_DATA} {_OBJECTS}", "data are theirs who use them, and not CloudFormation's"),
    Unused("AWS::CertificateManager::Certificate", "acm-pca:*", "certificates are public"),
    Unused("AWS::DynamoDB::Table", "dynamodb:ImportTable logs:*", "tables begin empty"),
    Unused("AWS::DynamoDB::Table", "dynamodb:*TableReplica", "tables have no replicas"),
    Unused("AWS::DynamoDB::Table", "dynamodb:*ableKinesis* dynamodb:UpdateKinesis* kinesis:*", "tables feed no stream"),
    Unused(
        "AWS::DynamoDB::Table",
        "dynamodb:DeleteResourcePolicy dynamodb:PutResourcePolicy",
        "who may use a table stands in the roles of tasks",
    ),
    Unused(
        "AWS::DynamoDB::Table",
        "kms:CreateGrant kms:Decrypt kms:Encrypt kms:RevokeGrant",
        "tables are encrypted with a key of AWS's own",
    ),
    Unused("AWS::EC2::EIP", "ec2:AcceptAddressTransfer", "no address comes from another account"),
    Unused("AWS::EC2::FlowLog", "autoscaling:* s3:*", "flow logs go to CloudWatch Logs"),
    Unused("AWS::EC2::VPCEndpoint", "vpce:* vpc-lattice:*", "endpoints lead to AWS's services in their Region"),
    Unused("AWS::EC2::VPCGatewayAttachment", "ec2:AttachVpn* ec2:DetachVpn*", "gateways are attached to the internet"),
    Unused("AWS::ElasticLoadBalancingV2::*", "cognito-idp:*", "nobody logs in at the load balancer"),
    Unused("AWS::Lambda::Function", "elasticfilesystem:* s3files:*", "functions mount nothing"),
    Unused("AWS::Lambda::Function", "lambda:PassCapacityProvider", "functions run on no instances"),
    Unused(
        "AWS::Lambda::Function",
        "kms:CreateGrant kms:Decrypt kms:Encrypt kms:GenerateDataKey",
        "functions are encrypted with a key of AWS's own",
    ),
    Unused("AWS::Logs::LogGroup", "firehose:*", "what is masked in logs is reported nowhere"),
    Unused("AWS::RDS::DBInstance", "iam:ListRoles", "no instance is monitored with a role"),
    Unused(
        "AWS::S3::Bucket",
        "s3tables:* s3:CreateBucketMetadata* s3:DeleteBucketMetadata* s3:UpdateBucketMetadata*",
        "buckets have no metadata tables",
    ),
    Unused("AWS::WAFv2::WebACL", "payments:*", "no rules are bought"),
    Unused("AWS::WAFv2::WebACLAssociation", _ELSEWHERE, "firewalls stand before load balancers"),
)

NO_ACTIONS = (
    "lambda:AssociateRuntimeAlias s3:DeleteBucketAnalytics* s3:DeleteBucketCors s3:DeleteBucketEncryption"
    " s3:DeleteBucketLifecycle s3:DeleteBucketMetrics* s3:DeleteBucketReplication s3:PutBucketReplication"
    " s3:PutObjectLockConfiguration"
)
"""What schemas call an action and IAM does not. In S3's, to take back a setting is to put it.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html ,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""


class Known(NamedTuple):
    """What was taken from the schemas."""

    schemas: str
    """Which they were."""

    actions: Actions


@cache
def known() -> Known:
    """What was taken from the schemas, for every type that tapgen makes."""
    taken: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return Known(**taken)


def needed(types: Actions) -> frozenset[str]:
    """What CloudFormation needs to make resources of these *types*, of which AWS's schemas name some."""
    return frozenset(action for kind, named in types.items() for action in _needed(kind, named))


def _needed(kind: str, named: Iterable[str]) -> Iterator[str]:
    unused = [pattern for each in UNUSED if fnmatchcase(kind, each.kind) for pattern in each.actions.split()]
    unused += NO_ACTIONS.split()
    yield from (action for action in named if not any(fnmatchcase(action, pattern) for pattern in unused))
    name = kind.rpartition("::")[2]
    for each in MISSING:
        if fnmatchcase(kind, each.kind):
            yield from each.actions.format(name).split()
