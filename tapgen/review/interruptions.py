"""Changes in place that interrupt: the schemas of resource types do not tell, the pages of the types do."""

from __future__ import annotations

from tapgen.review.differences import Path

_INTERRUPTING = {
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticache-replicationgroup.html
    "AWS::ElastiCache::ReplicationGroup": ("AuthToken", "NodeGroupConfiguration", "NumNodeGroups"),
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Updates.html
    "AWS::RDS::DBCluster": ("EngineVersion",),
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
    "AWS::RDS::DBInstance": (
        "BackupRetentionPeriod",
        "CACertificateIdentifier",
        "DBInstanceClass",
        "DBParameterGroupName",
        "Engine",
        "EngineVersion",
    ),
}
"""Properties of which the documentation says that a change interrupts, or restarts."""


def interrupts(kind: str, path: Path) -> bool:
    """Whether a resource cannot be reached for a while when the property at *path* is changed in place."""
    return bool(path) and path[0] in _INTERRUPTING.get(kind, ())
