"""An Aurora Serverless v2 cluster: encrypted, in the private subnets, reached with TLS alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from troposphere import AWSHelperFn, Sub, Tags, Template, logs, rds

from tapgen.config.database import Database, database_name
from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.databases.setting import Setting
from tapgen.parts.alarms import Threshold, metric
from tapgen.parts.context import why
from tapgen.parts.retention import snapshot
from tapgen.stack import logical_id

MASTER = "administrator"
"""The user that only RDS and rotation know."""

PARAMETERS = {
    # The Data API logs in to PostgreSQL with SCRAM alone:
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html
    "postgresql": {"rds.force_ssl": "1", "password_encryption": "scram-sha-256"},
    "mysql": {"require_secure_transport": "ON", "slow_query_log": "1"},
}

LOGS = {"postgresql": ["postgresql"], "mysql": ["error", "slowquery"]}
"""Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html"""


class _Number(AWSHelperFn):
    """A number that troposphere does not judge: it knows no capacity of 0, which lets a database pause.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
    """

    def __init__(self, value: float) -> None:
        self.data = value


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The cluster of one database."""

    name: str
    config: Database
    group_id: SecurityGroupId
    on: Setting

    @property
    def protect(self) -> bool:
        """Whether it outlives its stack."""
        return self.on.protect if self.config.protect is None else self.config.protect

    def add(self, template: Template, subnets: rds.DBSubnetGroup) -> rds.DBCluster:
        """The cluster, its instances and their logs."""
        title = logical_id(self.name)
        parameters = template.add_resource(self._parameters(title))
        cluster = template.add_resource(self._cluster(title, subnets, parameters))
        groups = [template.add_resource(group) for group in self._logs(title, cluster)]
        for number in range(self.config.instances):
            template.add_resource(self._instance(title, number + 1, cluster, groups))
        template.add_resource(
            self.on.functions.alarms.alarm(
                f"{title}AtMaximum",
                f"The database {self.name} has run at its greatest capacity for a quarter of an hour.",
                metric("AWS/RDS", "ServerlessDatabaseCapacity", {"DBClusterIdentifier": cluster.ref()}, "Minimum"),
                Threshold("GreaterThanOrEqualToThreshold", self.config.capacity.max, minutes=15),
            )
        )
        return cluster

    def _cluster(
        self, title: str, subnets: rds.DBSubnetGroup, parameters: rds.DBClusterParameterGroup
    ) -> rds.DBCluster:
        """Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.requirements.html"""
        config = self.config
        return rds.DBCluster(
            f"{title}Cluster",
            **snapshot(self.protect),
            Metadata=why(
                "Retired: kept with all that it holds, and reached by nobody."
                if config.retired
                else "Its port answers the services with access; rotation comes through the Data API.",
                mutable="must-never-change",
            ),
            Engine=f"aurora-{config.engine}",
            EngineVersion=config.engine_version,
            DatabaseName=database_name(self.name),
            Port=config.port,
            MasterUsername=MASTER,
            ManageMasterUserPassword=True,
            MasterUserSecret=rds.MasterUserSecret(KmsKeyId=self.on.credentials_key_arn),
            EnableHttpEndpoint=True,
            ServerlessV2ScalingConfiguration=rds.ServerlessV2ScalingConfiguration(
                MinCapacity=_Number(config.capacity.min), MaxCapacity=config.capacity.max
            ),
            DBSubnetGroupName=subnets.ref(),
            VpcSecurityGroupIds=[self.group_id],
            DBClusterParameterGroupName=parameters.ref(),
            StorageEncrypted=True,
            KmsKeyId=self.on.data_key_arn,
            BackupRetentionPeriod=config.backup_days,
            CopyTagsToSnapshot=True,
            DeleteAutomatedBackups=not self.protect,
            DeletionProtection=self.protect,
            EnableCloudwatchLogsExports=LOGS[config.engine],
        )

    def _parameters(self, title: str) -> rds.DBClusterParameterGroup:
        """Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Security.html"""
        version = self.config.engine_version
        major = version.split(".")[0] if self.config.engine == "postgresql" else ".".join(version.split(".")[:2])
        return rds.DBClusterParameterGroup(
            f"{title}Parameters",
            Metadata=why("Nobody connects without TLS."),
            Description=f"Database {self.name}",
            Family=f"aurora-{self.config.engine}{major}",
            Parameters=PARAMETERS[self.config.engine],
        )

    def _logs(self, title: str, cluster: rds.DBCluster) -> Iterator[logs.LogGroup]:
        """RDS would make them itself, to be kept for ever and without our key.

        Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
        """
        for log in LOGS[self.config.engine]:
            group = self.on.functions.log_groups.group(f"{title}{logical_id(log)}Log")
            group.LogGroupName = Sub(f"/aws/rds/cluster/{Text(cluster.ref())}/{log}")
            yield group

    def _instance(self, title: str, number: int, cluster: rds.DBCluster, groups: list[logs.LogGroup]) -> rds.DBInstance:
        return rds.DBInstance(
            f"{title}Instance{number}",
            # The data are the cluster's.
            **snapshot(protect=False),
            # An instance writes logs, and RDS makes the groups that are missing.
            DependsOn=[group.title for group in groups],
            Engine=f"aurora-{self.config.engine}",
            DBInstanceClass="db.serverless",
            DBClusterIdentifier=cluster.ref(),
            PromotionTier=1,
            AutoMinorVersionUpgrade=True,
            PubliclyAccessible=False,
            Tags=Tags(),
        )
