"""Log groups whose key must let CloudWatch Logs use it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

from __future__ import annotations

import json
from dataclasses import replace

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.policies import lets_in
from tapgen.localaws.protocol import Fields, ServiceError

_NEEDED = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:DescribeKey")


async def _refuse_key(key: str, group: str) -> None:
    arn = f"arn:aws:logs:{engine.region()}:{engine.account()}:log-group:{group}"
    service, context = f"logs.{engine.region()}.amazonaws.com", {"kms:EncryptionContext:aws:logs:arn": arn}
    try:
        policy = json.loads((await call("kms", "GetKeyPolicy", KeyId=key, PolicyName="default"))["Policy"])
    except ServiceError:
        policy = {}
    if not all(lets_in(policy, service, action, key, context) for action in _NEEDED):
        text = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
        raise ServiceError("AccessDeniedException", text)


@operation("logs", "CreateLogGroup")
async def create_log_group(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html."""
    if "kmsKeyId" in request:
        await _refuse_key(request["kmsKeyId"], request["logGroupName"])
    return await proceed(request)


@operation("logs", "AssociateKmsKey")
async def associate_kms_key(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html."""
    await _refuse_key(request["kmsKeyId"], request["logGroupName"])
    return await proceed(request)


@provides("AWS::Logs::LogGroup")
class LogGroup(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a group, unless its key does not let Logs in."""
        properties = {"LogGroupName": wanted.title(512)} | wanted.properties
        if key := properties.get("KmsKeyId"):
            await _refuse_key(key, properties["LogGroupName"])
        return await super().create(replace(wanted, properties=properties))

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it, unless its key does not let Logs in."""
        if key := wanted.properties.get("KmsKeyId"):
            await _refuse_key(key, before.physical_id)
        name = {"LogGroupName": before.physical_id}
        named = replace(before, properties=before.properties | name)
        return await super().update(replace(wanted, properties=wanted.properties | name), named)
