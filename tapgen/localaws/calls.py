"""Calls to the local AWS from within it: the same requests as from outside, without a socket."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from botocore.awsrequest import HeadersDict, prepare_request_dict
from botocore.model import OperationModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from tapgen.localaws import engine
from tapgen.localaws.engine import Application, Message
from tapgen.localaws.protocol import Fields, ServiceError, protocol, service

_FRONT: list[Application] = []

_serializer = cache(create_serializer)
_parser = cache(create_parser)


def answer_with(application: Application) -> None:
    """Let *application* answer `call`."""
    _FRONT[:] = [application]


async def call(service_name: str, name: str, **parameters: Any) -> Fields:
    """What the local AWS answers.

    Raises:
        ServiceError: it refused.
    """
    return await send(_FRONT[0], service(service_name).operation_model(name), parameters)


async def send(application: Application, operation: OperationModel, parameters: Fields) -> Fields:
    """What *application* answers to a request of the current account."""
    model = operation.service_model
    request = _serializer(protocol(model)).serialize_to_request(parameters, operation)
    prepare_request_dict(request, endpoint_url="http://localhost")
    status, headers, body = await _exchange(application, *_prepared(request, model.signing_name))
    parsed: Fields = _parser(protocol(model)).parse(
        {"status_code": status, "headers": HeadersDict(headers), "body": body}, operation.output_shape
    )
    if status >= 300:
        error = parsed.get("Error", {})
        raise ServiceError(error.get("Code", "InternalFailure"), error.get("Message", body.decode()), status)
    parsed.pop("ResponseMetadata", None)
    return parsed


def _prepared(request: Fields, signing_name: str) -> tuple[Fields, bytes]:
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    data = body if isinstance(body, bytes) else str(body or "").encode()
    credential = f"{engine.account()}/20260101/{engine.region()}/{signing_name}/aws4_request"
    headers = {name: str(value) for name, value in request["headers"].items()} | {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
        "Host": "localhost",
        "Content-Length": str(len(data)),
    }
    if isinstance(request["body"], dict):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    url = urlsplit(request["url"])
    scope = {
        "type": "http",
        "method": request["method"],
        "path": url.path or "/",
        "raw_path": (url.path or "/").encode(),
        "query_string": url.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 0),
    }
    return scope, data


async def _exchange(application: Application, scope: Fields, data: bytes) -> tuple[int, dict[str, str], bytes]:
    status, headers, chunks = 500, {}, list[bytes]()

    pending = [data]

    async def receive() -> Message:
        if not pending:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": pending.pop(), "more_body": False}

    async def collect(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        chunks.append(message.get("body", b""))

    await application(scope, receive, collect)
    return status, headers, b"".join(chunks)
