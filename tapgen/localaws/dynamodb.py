"""Tables in templates, with what ministack does not make of them.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.kept import forget, keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError

_INDEXES = "GlobalSecondaryIndexes"
_RECOVERY = "PointInTimeRecoveryDescription"


@operation("dynamodb", "UpdateContinuousBackups")
async def update_continuous_backups(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html."""
    made = await proceed(request)
    wanted = request["PointInTimeRecoverySpecification"]
    forget(_key(request["TableName"]))
    if wanted["PointInTimeRecoveryEnabled"]:
        keep(_key(request["TableName"]), RecoveryPeriodInDays=wanted.get("RecoveryPeriodInDays", 35))
    return made


@operation("dynamodb", "DescribeContinuousBackups")
async def describe_continuous_backups(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html."""
    found = await proceed(request)
    described = found["ContinuousBackupsDescription"]
    recovery = described[_RECOVERY] | kept(_key(request["TableName"]))
    return {"ContinuousBackupsDescription": described | {_RECOVERY: recovery}}


def _key(table: str) -> str:
    return f"table/{table}"


@provides("AWS::DynamoDB::Table")
class Table(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a table under a name that none had before, so that one that is replaced can stay."""
        made = await super().create(_named(wanted, wanted.properties.get("TableName") or wanted.title()))
        wanted.born(made.physical_id)
        await _complete(made.physical_id, wanted.properties, {})
        return made

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it; of its indexes, one.

        Raises:
            ServiceError: more than one index would be made or deleted.
        """
        name = before.physical_id
        there = _indexes((await call("dynamodb", "DescribeTable", TableName=name))["Table"])
        if len(there.keys() ^ _indexes(wanted.properties).keys()) > 1:
            text = "Cannot perform more than one GSI creation or deletion in a single update"
            raise ServiceError("ValidationException", text)
        # What an update that was refused left as it was is not what it wanted.
        old = {key: value for key, value in before.properties.items() if key != _INDEXES}
        if there:
            old[_INDEXES] = [_indexes(before.properties).get(title, found) for title, found in there.items()]
        named = replace(before, properties={**old, "TableName": name})
        made = await super().update(_named(wanted, name), named)
        await _complete(name, wanted.properties, before.properties)
        return made

    async def delete(self, resource: Resource) -> None:
        """Delete it, unless it is protected from that."""
        await call("dynamodb", "DeleteTable", TableName=resource.physical_id)
        forget(_key(resource.physical_id))


def _named(wanted: Wanted, name: str) -> Wanted:
    return replace(wanted, properties={**wanted.properties, "TableName": name})


def _indexes(properties: Fields) -> dict[str, Any]:
    return {index["IndexName"]: index for index in properties.get(_INDEXES, [])}


async def _complete(table: str, wanted: Fields, before: Fields) -> None:
    """Set what an API of its own sets, where it is not so yet."""
    recovery = wanted.get("PointInTimeRecoverySpecification")
    if recovery and recovery != before.get("PointInTimeRecoverySpecification"):
        call_it = {"TableName": table, "PointInTimeRecoverySpecification": recovery}
        await call("dynamodb", "UpdateContinuousBackups", **call_it)
    expiry, old = wanted.get("TimeToLiveSpecification"), before.get("TimeToLiveSpecification")
    if expiry == old:
        return
    if old:
        off = {"AttributeName": old["AttributeName"], "Enabled": False}
        await call("dynamodb", "UpdateTimeToLive", TableName=table, TimeToLiveSpecification=off)
    if expiry:
        await call("dynamodb", "UpdateTimeToLive", TableName=table, TimeToLiveSpecification=expiry)
