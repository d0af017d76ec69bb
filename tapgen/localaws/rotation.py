"""Rotation: Secrets Manager calls a function for each of four steps, and again where one fails.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.kept import keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError
from tapgen.localaws.shapes import fit

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
ATTEMPTS = 4
PAUSE = 0.3
"""Seconds before another attempt; at AWS it is minutes."""

_LOG = logging.getLogger(__name__)
_ROTATIONS = set[asyncio.Task[None]]()


@operation("secretsmanager", "RotateSecret")
async def rotate_secret(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html."""
    secret = await call("secretsmanager", "DescribeSecret", SecretId=request["SecretId"])
    function = request.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if not function:
        raise ServiceError("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    await _may_invoke(function)
    rules = request.get("RotationRules") or secret.get("RotationRules") or {}
    named = {"ARN": secret["ARN"], "Name": secret["Name"]}
    if waiting := _pending(secret):
        _begin(secret["ARN"], waiting, function, rules)
        text = "A previous rotation isn't complete. That rotation will be reattempted."
        raise ServiceError("InvalidRequestException", text)
    if not request.get("RotateImmediately", True):
        engine.let_rotate(secret["ARN"], function, rules)
        return named
    token = request.get("ClientRequestToken") or str(uuid4())
    engine.let_rotate(secret["ARN"], function, rules)
    engine.empty_version(secret["ARN"], token)
    _begin(secret["ARN"], token, function, rules)
    return named | {"VersionId": token}


@operation("secretsmanager", "CancelRotateSecret")
async def cancel_rotate_secret(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CancelRotateSecret.html."""
    secret = await call("secretsmanager", "DescribeSecret", SecretId=request["SecretId"])
    engine.let_rotate(secret["ARN"], None, None)
    return {"ARN": secret["ARN"], "Name": secret["Name"]}


@operation("secretsmanager", "DescribeSecret")
async def describe_secret(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html."""
    secret = await proceed(request)
    return secret | kept(secret["ARN"])


@operation("secretsmanager", "GetSecretValue")
async def get_secret_value(request: Fields, proceed: Proceed) -> Fields:
    """A version without a value is not found: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html."""
    found = await proceed(request)
    if "SecretString" not in found and "SecretBinary" not in found:
        text = f"Secrets Manager can't find the specified secret value for VersionId: {found['VersionId']}"
        raise ServiceError("ResourceNotFoundException", text)
    return found


@operation("secretsmanager", "PutSecretValue")
async def put_secret_value(request: Fields, proceed: Proceed) -> Fields:
    """A version has one value for ever: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html."""
    before = None
    if token := request.get("ClientRequestToken"):
        with suppress(ServiceError):
            before = await call("secretsmanager", "GetSecretValue", SecretId=request["SecretId"], VersionId=token)
    if before and before.get("SecretString") != request.get("SecretString"):
        text = f"You can't use ClientRequestToken {token} because that value is already in use for a version."
        raise ServiceError("ResourceExistsException", text)
    return await proceed(request)


async def _may_invoke(function: str) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html."""
    try:
        policy = json.loads((await call("lambda", "GetPolicy", FunctionName=function))["Policy"])
    except ServiceError:
        policy = {"Statement": []}
    if "secretsmanager.amazonaws.com" not in str([each.get("Principal") for each in policy["Statement"]]):
        text = f"Secrets Manager cannot invoke the specified Lambda function: {function}"
        raise ServiceError("AccessDeniedException", text)


def _pending(secret: Fields) -> str:
    versions = secret["VersionIdsToStages"].items()
    return next((v for v, stages in versions if "AWSPENDING" in stages and "AWSCURRENT" not in stages), "")


def _begin(arn: str, token: str, function: str, rules: Fields) -> None:
    task = asyncio.get_running_loop().create_task(_rotate(arn, token, function, rules))
    _ROTATIONS.add(task)
    task.add_done_callback(_ROTATIONS.discard)


async def _rotate(arn: str, token: str, function: str, rules: Fields) -> None:
    for attempt in range(ATTEMPTS):
        await asyncio.sleep(attempt * PAUSE)
        try:
            for step in STEPS:
                await _step(function, {"Step": step, "SecretId": arn, "ClientRequestToken": token})
        except ServiceError as error:
            _LOG.error("rotation of %s: %s", arn, error.message)
        else:
            now = datetime.now(UTC)
            days = rules.get("AutomaticallyAfterDays")
            keep(arn, LastRotatedDate=now, NextRotationDate=now + timedelta(days=days) if days else None)
            return


async def _step(function: str, event: Fields) -> None:
    answer = await call("lambda", "Invoke", FunctionName=function, Payload=json.dumps(event))
    if answer.get("FunctionError"):
        raise ServiceError("FunctionError", f"{event['Step']}: {answer['Payload']}")


@provides("AWS::SecretsManager::RotationSchedule")
class RotationSchedule(Provider):
    """Its `Ref` is the ARN of the secret.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-rotationschedule.html
    """

    async def create(self, wanted: Wanted) -> Made:
        """Let the secret rotate, and begin at once unless the template says otherwise."""
        renamed = {"RotateImmediatelyOnUpdate": "RotateImmediately"}
        made = await call(
            "secretsmanager", "RotateSecret", **fit("secretsmanager", "RotateSecret", wanted.properties, **renamed)
        )
        return Made(made["ARN"], {"Id": made["ARN"]})

    async def update(self, wanted: Wanted, _before: Resource) -> Made:
        """The same again."""
        return await self.create(wanted)

    async def delete(self, resource: Resource) -> None:
        """Let it rotate no more."""
        await call("secretsmanager", "CancelRotateSecret", SecretId=resource.physical_id)
