"""Secrets and parameters, brought to tasks as environment variables.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

from __future__ import annotations

import json
import re

from tapgen.localaws.calls import call
from tapgen.localaws.protocol import Fields, ServiceError

_REFERENCE = re.compile(r"(?P<arn>arn:[^:]+:secretsmanager:[^:]+:\d+:secret:[^:]+)(?::(?P<key>[^:]*):[^:]*:[^:]*)?")
_PARAMETER = re.compile(r"arn:[^:]+:ssm:[^:]+:\d+:parameter(?P<name>/.+)")


class ResourceInitializationError(Exception):
    """A task cannot start: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html."""

    def __init__(self, why: str) -> None:
        text = "unable to pull secrets or registry auth: execution resource retrieval failed: "
        super().__init__(f"ResourceInitializationError: {text}{why}")


async def resolved(container: Fields) -> dict[str, str]:
    """The variables that a container gets its secrets in.

    Raises:
        ResourceInitializationError: one of them is not there.
    """
    return {secret["name"]: await _value(secret["valueFrom"]) for secret in container.get("secrets", [])}


async def _parameter(name: str) -> str:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html."""
    found = await call("ssm", "GetParameters", Names=[name], WithDecryption=True)
    if not found.get("Parameters"):
        raise ResourceInitializationError(f"unable to retrieve secrets from ssm: invalid parameters: {name}")
    return str(found["Parameters"][0]["Value"])


async def _value(reference: str) -> str:
    if parameter := _PARAMETER.fullmatch(reference):
        return await _parameter(parameter["name"])
    found = _REFERENCE.fullmatch(reference)
    if not found:
        raise ResourceInitializationError(f"unable to retrieve secret from asm: invalid reference {reference}")
    try:
        text = str((await call("secretsmanager", "GetSecretValue", SecretId=found["arn"]))["SecretString"])
    except ServiceError as error:
        text = f"failed to fetch secret {found['arn']} from secrets manager: {error.code}: {error.message}"
        retried = "unable to retrieve secret from asm: service call has been retried 1 time(s): "
        raise ResourceInitializationError(retried + text) from error
    if not found["key"]:
        return text
    try:
        return str(json.loads(text)[found["key"]])
    except (ValueError, KeyError, TypeError):
        why = f"retrieved secret from Secrets Manager did not contain json key {found['key']}"
        raise ResourceInitializationError(why) from None
