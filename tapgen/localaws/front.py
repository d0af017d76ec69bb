"""The one address of the local AWS: looks at a request, and gives it to whoever answers it.

Credentials, and this is the whole of it: the access key is the 12-digit account one acts in, or that of a session of
STS; any other is refused as InvalidClientTokenId. The session token `expired` is refused as ExpiredToken, so that
what happens when credentials run out can be seen. Secret keys and signatures are not looked at. Codes and texts:
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from urllib.parse import parse_qs

from botocore.model import OperationModel

from tapgen.localaws import engine, moto_services, registry
from tapgen.localaws.calls import send
from tapgen.localaws.cloudformation import custom
from tapgen.localaws.elbv2 import traffic
from tapgen.localaws.engine import Application, Message, Receive, Scope, Send
from tapgen.localaws.operations import Handler, handler
from tapgen.localaws.protocol import Fields, ServiceError, answer, protocol, read, refusal, service

_LOG = logging.getLogger(__name__)
_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_SDK_NAMES = {"cloudcontrolapi": "cloudcontrol", "elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}
"""Services that sign with another name than the SDK's."""
_REST = {"rds-data"}
"""Services whose operations are told by their path, and some of which are ours."""


async def front(scope: Scope, receive: Receive, send_back: Send) -> None:
    """Answer one request."""
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}
    signed = _CREDENTIAL.search(headers.get("authorization", ""))
    if scope["type"] != "http" or not signed:
        await _unsigned(scope, headers, receive, send_back)
        return
    name = _SDK_NAMES.get(signed["service"], signed["service"])
    account = engine.account_of(signed["key"])
    if refused := _refused(account, headers.get("x-amz-security-token")):
        await _respond(send_back, refused.status, *refusal(service(name), refused))
        return
    behind = moto_services.application if name in moto_services.SERVICES else engine.application
    if name == "s3":
        await behind(scope, receive, send_back)
        return
    body = await _whole(receive)
    action = _action(headers, body) or _at_path(name, scope["method"], scope["path"])
    ours = handler(name, action)
    if not ours:
        await behind(scope, _again(body), send_back)
        return
    with engine.acting_for(str(account), signed["region"]):
        await _answer(ours, service(name).operation_model(action), body, behind, send_back)


async def _unsigned(scope: Scope, headers: Mapping[str, str], receive: Receive, send_back: Send) -> None:
    """A request that AWS's clients have not signed: to what is below, or to what ministack serves."""
    host = headers.get("host", "")
    answerer = _answerer(host, scope["path"]) if scope["type"] == "http" else None
    if not answerer:
        await engine.application(scope, receive, send_back)
        return
    body, query = await _whole(receive), scope["query_string"].decode()
    request = traffic.Request(scope["method"], host, scope["path"], query, headers, body, scope["scheme"])
    answered = await answerer(request)
    fields = [(name.encode(), value.encode()) for name, value in answered.headers.items()]
    if "content-length" not in answered.headers:
        fields.append((b"content-length", str(len(answered.body)).encode()))
    await send_back({"type": "http.response.start", "status": answered.status, "headers": fields})
    await send_back({"type": "http.response.body", "body": answered.body})


def _answerer(host: str, path: str) -> Callable[[traffic.Request], Awaitable[traffic.Response]] | None:
    """A load balancer, the registry of images, or CloudFormation where it waits for a function; None of these."""
    if traffic.known(host):
        return traffic.route
    if registry.serves(path):
        return registry.answer
    return custom.take if custom.serves(path) else None


def _refused(account: str | None, token: str | None) -> ServiceError | None:
    if token == "expired":  # noqa: S105
        return ServiceError("ExpiredToken", "The security token included in the request is expired", 403)
    if not account:
        return ServiceError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    return None


def _action(headers: Mapping[str, str], body: bytes) -> str:
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode()).get("Action", [""])[0]
    return ""


@cache
def _paths(name: str) -> Mapping[tuple[str, str], str]:
    """The operations of a service by method and path, as far as the path alone tells."""
    model = service(name)
    if protocol(model) != "rest-json":
        return {}
    requests = {each: model.operation_model(each).http for each in model.operation_names}
    return {(http["method"], http["requestUri"]): each for each, http in requests.items()}


def _at_path(name: str, method: str, path: str) -> str:
    return _paths(name).get((method, path), "") if name in _REST else ""


async def _answer(ours: Handler, operation: OperationModel, body: bytes, behind: Application, send_back: Send) -> None:
    async def proceed(request: Fields) -> Fields:
        return await send(behind, operation, request)

    try:
        result = await ours(read(operation, body), proceed)
    except ServiceError as error:
        await _respond(send_back, error.status, *refusal(operation.service_model, error))
    except Exception as error:  # noqa: BLE001 (a client that waits for an answer learns more from one)
        _LOG.exception("%s failed", operation.name)
        internal = ServiceError("InternalFailure", repr(error), 500)
        await _respond(send_back, internal.status, *refusal(operation.service_model, internal))
    else:
        await _respond(send_back, 200, *answer(operation, result))


async def _respond(send_back: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send_back({"type": "http.response.start", "status": status, "headers": headers})
    await send_back({"type": "http.response.body", "body": body})


async def _whole(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _again(body: bytes) -> Receive:
    """A request whose body was read already; its client never hangs up."""
    pending = [body]

    async def receive() -> Message:
        if not pending:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": pending.pop(), "more_body": False}

    return receive
