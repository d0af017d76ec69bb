"""The bucket of the load balancer's access logs, a part of the ingress."""

from __future__ import annotations

from awacs.aws import Allow, ArnLike, Condition, Principal, Statement
from awacs.s3 import PutObject
from troposphere import Sub, Template, s3

from tapgen.kinds import Text
from tapgen.parts.buckets import CLOSED, ENCRYPTED, OWNED, tls_only
from tapgen.parts.context import why
from tapgen.parts.policies import document
from tapgen.parts.retention import KEPT


def access_logs(template: Template, days: int) -> s3.BucketPolicy:
    """A bucket that only the load balancers of this account may write to, and that forgets after *days* days."""
    bucket = template.add_resource(
        s3.Bucket(
            "AccessLogs",
            **KEPT,
            Metadata=why(
                "Who asked for what. Load balancers can write only to buckets with S3's own key, not one of KMS."
            ),
            BucketEncryption=ENCRYPTED,
            LifecycleConfiguration=s3.LifecycleConfiguration(
                Rules=[s3.LifecycleRule(Id="expire", Status="Enabled", ExpirationInDays=days)]
            ),
            OwnershipControls=OWNED,
            PublicAccessBlockConfiguration=CLOSED,
        )
    )
    return template.add_resource(
        s3.BucketPolicy(
            "AccessLogsPolicy",
            **KEPT,
            Bucket=bucket.ref(),
            PolicyDocument=document(_deliver(bucket), tls_only(bucket)),
        )
    )


def _deliver(bucket: s3.Bucket) -> Statement:
    """Lets load balancers of this account and Region put their logs.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    balancers = Sub("arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:${AWS::AccountId}:loadbalancer/*")
    return Statement(
        Sid="LoadBalancersOfThisAccountDeliver",
        Effect=Allow,
        Principal=Principal("Service", "logdelivery.elasticloadbalancing.amazonaws.com"),
        Action=[PutObject],
        Resource=[Sub(f"{Text(bucket.get_att('Arn'))}/AWSLogs/${{AWS::AccountId}}/*")],
        Condition=Condition(ArnLike("aws:SourceArn", balancers)),
    )
