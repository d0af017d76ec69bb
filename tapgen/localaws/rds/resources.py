"""Clusters and what belongs to them in templates.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_RDS.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.kept import forget, keep
from tapgen.localaws.protocol import Fields, ServiceError, service
from tapgen.localaws.rds.postgresql import stop
from tapgen.localaws.shapes import fit

_FORGOTTEN = ("BackupRetentionPeriod", "CopyTagsToSnapshot", "DeleteAutomatedBackups", "EnableCloudwatchLogsExports")
"""What ministack does not keep of a cluster."""


def _fitting(name: str, properties: Fields) -> Fields:
    known = service("rds").operation_model(name).input_shape.members
    return fit("rds", name, {key: value for key, value in properties.items() if key in known})


@provides("AWS::RDS::DBCluster")
class Cluster(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbcluster.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make it, with the secret of its master user."""
        properties = dict(wanted.properties) | {"DBClusterIdentifier": wanted.title(63).lower(), "Tags": wanted.tags()}
        secret = properties.pop("MasterUserSecret", {})
        given = fit("rds", "CreateDBCluster", _without_deletion_terms(properties))
        if key := secret.get("KmsKeyId"):
            given["MasterUserSecretKmsKeyId"] = key
        made = (await call("rds", "CreateDBCluster", **given))["DBCluster"]
        wanted.born(made["DBClusterIdentifier"])
        _remember(made["DBClusterIdentifier"], wanted.properties)
        return _made(made)

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        given = _fitting("ModifyDBCluster", wanted.properties) | {"DBClusterIdentifier": before.physical_id}
        for unchangeable in ("Engine", "EngineVersion", "ManageMasterUserPassword", "Port"):
            given.pop(unchangeable, None)
        made = (await call("rds", "ModifyDBCluster", **given))["DBCluster"]
        _remember(before.physical_id, wanted.properties)
        return _made(made)

    async def delete(self, resource: Resource) -> None:
        """Delete it and its server, unless it is protected."""
        name = resource.physical_id
        found = (await call("rds", "DescribeDBClusters", DBClusterIdentifier=name))["DBClusters"][0]
        if found.get("DeletionProtection"):
            text = "Cannot delete protected Cluster, please disable deletion protection and try again."
            raise ServiceError("InvalidParameterCombination", text)
        await call("rds", "DeleteDBCluster", DBClusterIdentifier=name, SkipFinalSnapshot=True)
        forget(name)
        await stop(found["DBClusterArn"])


def _without_deletion_terms(properties: Fields) -> Fields:
    return {name: value for name, value in properties.items() if name != "DeleteAutomatedBackups"}


def _remember(name: str, properties: Fields) -> None:
    keep(name, **{each: properties.get(each) for each in _FORGOTTEN})


def _made(cluster: Fields) -> Made:
    secret = cluster.get("MasterUserSecret") or {}
    attributes = {
        "DBClusterArn": cluster["DBClusterArn"],
        "DBClusterResourceId": cluster["DbClusterResourceId"],
        "Endpoint.Address": cluster["Endpoint"],
        "Endpoint.Port": str(cluster["Port"]),
        "ReadEndpoint.Address": cluster["ReaderEndpoint"],
        "MasterUserSecret.SecretArn": secret.get("SecretArn", ""),
    }
    return Made(cluster["DBClusterIdentifier"], attributes)


@provides("AWS::RDS::DBInstance")
class Instance(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make it."""
        named = {"DBInstanceIdentifier": wanted.title(63).lower(), "Tags": wanted.tags()}
        made = await call("rds", "CreateDBInstance", **fit("rds", "CreateDBInstance", wanted.properties | named))
        name = made["DBInstance"]["DBInstanceIdentifier"]
        return Made(name, {"DBInstanceArn": made["DBInstance"]["DBInstanceArn"]})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        given = _fitting("ModifyDBInstance", wanted.properties) | {"DBInstanceIdentifier": before.physical_id}
        given.pop("Engine", None)
        await call("rds", "ModifyDBInstance", **given)
        return Made(before.physical_id, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Delete it."""
        await call("rds", "DeleteDBInstance", DBInstanceIdentifier=resource.physical_id, SkipFinalSnapshot=True)


@provides("AWS::RDS::DBSubnetGroup")
class SubnetGroup(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbsubnetgroup.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make it."""
        named = {"DBSubnetGroupName": wanted.title().lower(), "Tags": wanted.tags()}
        made = await call("rds", "CreateDBSubnetGroup", **fit("rds", "CreateDBSubnetGroup", wanted.properties | named))
        return Made(made["DBSubnetGroup"]["DBSubnetGroupName"])

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        given = _fitting("ModifyDBSubnetGroup", wanted.properties) | {"DBSubnetGroupName": before.physical_id}
        await call("rds", "ModifyDBSubnetGroup", **given)
        return Made(before.physical_id, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Delete it."""
        await call("rds", "DeleteDBSubnetGroup", DBSubnetGroupName=resource.physical_id)


@provides("AWS::RDS::DBClusterParameterGroup")
class ParameterGroup(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbclusterparametergroup.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make it, and set its parameters."""
        name = wanted.title().lower()
        await call(
            "rds",
            "CreateDBClusterParameterGroup",
            DBClusterParameterGroupName=name,
            DBParameterGroupFamily=wanted.properties["Family"],
            Description=wanted.properties["Description"],
            Tags=wanted.tags(),
        )
        wanted.born(name)
        await _set(name, wanted.properties["Parameters"])
        return Made(name)

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Set its parameters."""
        await _set(before.physical_id, wanted.properties["Parameters"])
        return Made(before.physical_id, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Delete it."""
        await call("rds", "DeleteDBClusterParameterGroup", DBClusterParameterGroupName=resource.physical_id)


async def _set(name: str, parameters: Fields) -> None:
    listed = [
        {"ParameterName": key, "ParameterValue": str(value), "ApplyMethod": "pending-reboot"}
        for key, value in parameters.items()
    ]
    await call("rds", "ModifyDBClusterParameterGroup", DBClusterParameterGroupName=name, Parameters=listed)
