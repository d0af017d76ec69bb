"""Resources of users' own types: a function makes them, and says so at an address that CloudFormation gives it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any
from uuid import uuid4

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.halt import Halt
from tapgen.localaws.cloudformation.providers import CUSTOM, Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.elbv2.traffic import Request, Response
from tapgen.localaws.protocol import Fields

_PATH = "/custom-resource-responses/"
_LONGEST, _LARGEST = 3600, 4096
_REQUIRED = ("Status", "PhysicalResourceId", "StackId", "RequestId", "LogicalResourceId")

_ANSWERS: dict[str, bytes | None] = {}
"""What was said to each request, by the end of its address."""


class RequestFailedError(Exception):
    """The function says no, nothing, or nothing that can be understood."""

    def __init__(self, message: str, physical_id: str = "") -> None:
        super().__init__(message)
        self.physical_id = physical_id


def serves(path: str) -> bool:
    """Whether a request is an answer of a function."""
    return path.startswith(_PATH)


async def take(request: Request) -> Response:
    """Keep the first answer, as S3 takes it: the address is signed for an upload without a type, and for nothing else.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html
    """
    token = request.path.removeprefix(_PATH)
    if request.method != "PUT" or token not in _ANSWERS or request.headers.get("content-type"):
        return Response(403, {"content-type": "application/xml"}, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
    if _ANSWERS[token] is None:
        _ANSWERS[token] = request.body
    return Response(200, {}, b"")


@provides("AWS::CloudFormation::CustomResource")
@provides(CUSTOM)
class CustomResource(Provider):
    """What a function makes.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
    """

    async def create(self, wanted: Wanted) -> Made:
        """Have it made; what failed has an id too, under which it is deleted when the stack goes back."""
        try:
            return _made(await _ask(_event("Create", wanted), wanted.halt))
        except RequestFailedError as error:
            wanted.born(error.physical_id or wanted.title())
            raise

    def refusal(self, wanted: Wanted, before: Resource) -> str | None:
        """It stays with its function."""
        same = wanted.properties.get("ServiceToken") == before.properties.get("ServiceToken")
        return None if same else "Modifying service token is not allowed."

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Have it changed. With another physical id it is another: what had the old one goes in the clean-up."""
        more = {
            "PhysicalResourceId": before.physical_id,
            "OldResourceProperties": _spelled(before.properties),
        }
        return _made(await _ask(_event("Update", wanted) | more, wanted.halt))

    async def delete(self, resource: Resource) -> None:
        """Have it deleted."""
        await _ask(_request("Delete", resource) | {"PhysicalResourceId": resource.physical_id}, Halt())


def _event(kind: str, wanted: Wanted) -> Fields:
    return _request(kind, Resource(wanted.name, wanted.kind, "", wanted.properties, stack_id=wanted.stack.id))


def _request(kind: str, resource: Resource) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html ."""
    return {
        "RequestType": kind,
        "ServiceToken": resource.properties["ServiceToken"],
        "StackId": resource.stack_id,
        "RequestId": str(uuid4()),
        "ResourceType": resource.kind,
        "LogicalResourceId": resource.name,
        "ResourceProperties": _spelled(resource.properties),
    }


def _spelled(value: Any) -> Any:
    """Numbers and booleans reach the function as text."""
    match value:
        case dict():
            return {key: _spelled(each) for key, each in value.items()}
        case list():
            return [_spelled(each) for each in value]
        case bool():
            return str(value).lower()
    return str(value)


async def _ask(event: Fields, halt: Halt) -> Fields:
    """What the function says.

    Raises:
        RequestFailedError: it says no, or nothing in time.
        CancelledByHaltError: something else failed first.
    """
    token, properties = str(uuid4()), event["ResourceProperties"]
    _ANSWERS[token] = None
    address = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}{_PATH}{token}"
    await call(
        "lambda",
        "Invoke",
        FunctionName=event["ServiceToken"],
        InvocationType="Event",
        Payload=json.dumps(event | {"ResponseURL": address}),
    )
    clock = asyncio.get_running_loop().time
    end = clock() + float(properties.get("ServiceTimeout", _LONGEST))
    await halt.until(lambda: _ANSWERS[token] is not None or clock() > end)
    body = _ANSWERS[token]
    if body is None:
        text = "CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
        raise RequestFailedError(f"{text}requestId [{event['RequestId']}].")
    return _understood(body, event)


def _understood(body: bytes, event: Fields) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html ."""
    if len(body) > _LARGEST:
        raise RequestFailedError("Response object is too long.")
    try:
        said: Fields = dict(json.loads(body))
    except ValueError as error:
        raise RequestFailedError("Invalid Response object: it is no JSON object") from error
    if missing := [name for name in _REQUIRED if not said.get(name)]:
        raise RequestFailedError(f"Invalid Response object: without {', '.join(missing)}")
    if wrong := [name for name in _REQUIRED[2:] if said[name] != event[name]]:
        raise RequestFailedError(f"Invalid Response object: with another {', '.join(wrong)}")
    if said["Status"] != "SUCCESS":
        text = f"Message returned: {said.get('Reason', '')} (RequestId: {event['RequestId']})"
        text = f"Received response status [FAILED] from custom resource. {text}"
        raise RequestFailedError(text, str(said["PhysicalResourceId"]))
    return said


def _made(said: Fields) -> Made:
    return Made(said["PhysicalResourceId"], dict(said.get("Data") or {}))
