"""What every bucket has: its objects encrypted, owned by the account, and reached by nobody without TLS."""

from __future__ import annotations

from awacs.aws import Action, Bool, Condition, Deny, Principal, Statement
from troposphere import Sub, s3

from tapgen.kinds import Text

ENCRYPTED = s3.BucketEncryption(
    ServerSideEncryptionConfiguration=[
        s3.ServerSideEncryptionRule(
            ServerSideEncryptionByDefault=s3.ServerSideEncryptionByDefault(SSEAlgorithm="AES256")
        )
    ]
)
"""With S3's own key, the only one that whoever may read the objects needs no right to."""

OWNED = s3.OwnershipControls(Rules=[s3.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")])
"""By the account: policies alone say who may what, never the ACL of an object."""

CLOSED = s3.PublicAccessBlockConfiguration(
    BlockPublicAcls=True, BlockPublicPolicy=True, IgnorePublicAcls=True, RestrictPublicBuckets=True
)
"""No policy or ACL can make it public."""


def tls_only(bucket: s3.Bucket) -> Statement:
    """Refuses whoever comes without TLS, of any account.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    return Statement(
        Sid="NeverWithoutTls",
        Effect=Deny,
        Principal=Principal("*"),
        Action=[Action("s3", "*")],
        Resource=[bucket.get_att("Arn"), Sub(f"{Text(bucket.get_att('Arn'))}/*")],
        Condition=Condition(Bool("aws:SecureTransport", "false")),
    )
