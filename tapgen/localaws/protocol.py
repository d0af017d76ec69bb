"""What AWS's protocols put on the wire, read and written by botocore's models: a handler sees plain dictionaries.

Pages: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, .../aws-ec2-query-protocol.html,
.../aws-json-1_1-protocol.html.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape

Fields = dict[str, Any]

JSON = ("json", "rest-json")


class ServiceError(Exception):
    """An error that an API answers with, in AWS's words."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(message)


@cache
def service(name: str) -> ServiceModel:
    """A service's model, by the name that the SDK knows it by."""
    return botocore.session.get_session().get_service_model(name)


def protocol(model: ServiceModel) -> str:
    """The protocol that the AWS CLI speaks with a service."""
    spoken = model.metadata.get("protocols", [model.metadata["protocol"]])
    return next(str(name) for name in ("json", "query", "ec2", "rest-xml", "rest-json", *spoken) if name in spoken)


def read(operation: OperationModel, body: bytes) -> Fields:
    """The parameters of a request."""
    if protocol(operation.service_model) in JSON:
        sent = json.loads(body or b"{}")
        return dict(_decoded(operation.input_shape, sent) if operation.input_shape else sent)
    tree: Fields = {}
    for key, value in parse_qsl(body.decode(), keep_blank_values=True):
        *parents, leaf = key.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    ec2 = protocol(operation.service_model) == "ec2"
    return dict(_structure(operation.input_shape, tree, ec2=ec2)) if operation.input_shape else {}


def _decoded(shape: Shape, value: Any) -> Any:
    """What was sent as JSON, its binary values as bytes."""
    match shape.type_name, value:
        case "blob", str():
            return base64.b64decode(value)
        case "structure", dict():
            members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
            return {name: _decoded(members[name], each) if name in members else each for name, each in value.items()}
        case "list", list():
            return [_decoded(shape.member, each) for each in value]
        case "map", dict():
            return {key: _decoded(shape.value, each) for key, each in value.items()}
    return value


def _structure(shape: Shape, tree: Fields, *, ec2: bool) -> Iterator[tuple[str, Any]]:
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if ec2:
            wire = member.serialization.get("queryName") or wire[:1].upper() + wire[1:]
        if wire in tree:
            yield name, _value(member, tree[wire], ec2=ec2)


def _value(shape: Shape, node: Any, *, ec2: bool) -> Any:
    if shape.type_name in _SCALARS:
        return _SCALARS[shape.type_name](node)
    match shape.type_name:
        case "structure":
            return dict(_structure(shape, node, ec2=ec2))
        case "list":
            if node == "":
                return []
            items = node if ec2 or shape.serialization.get("flattened") else next(iter(node.values()))
            return [_value(shape.member, items[key], ec2=ec2) for key in sorted(items, key=int)]
        case "map":
            entries = node.get("entry", node)
            return {entry["key"]: _value(shape.value, entry["value"], ec2=ec2) for entry in entries.values()}
    return node


_SCALARS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": lambda text: text.lower() == "true",
    "blob": base64.b64decode,
}


def answer(operation: OperationModel, result: Fields) -> tuple[str, bytes]:
    """The content type and the body of a response."""
    kind = protocol(operation.service_model)
    if kind in JSON:
        version = operation.service_model.metadata.get("jsonVersion", "1.1")
        return f"application/x-amz-json-{version}", json.dumps(result, default=_json).encode()
    inner = _members(operation.output_shape, result) if operation.output_shape else ""
    name, namespace = operation.name, operation.service_model.metadata.get("xmlNamespace", "")
    if kind == "ec2":
        text = f"<requestId>{uuid4()}</requestId>{inner}"
    else:
        wrapper = (operation.output_shape.serialization.get("resultWrapper") if operation.output_shape else "") or ""
        text = f"<{wrapper}>{inner}</{wrapper}>" if wrapper else ""
        text += f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
    return "text/xml", f'<{name}Response xmlns="{namespace}">{text}</{name}Response>'.encode()


def refusal(model: ServiceModel, error: ServiceError) -> tuple[str, bytes]:
    """The content type and the body of an error."""
    kind = protocol(model)
    if kind in JSON:
        return "application/x-amz-json-1.1", json.dumps({"__type": error.code, "message": error.message}).encode()
    inner = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
    if kind == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{uuid4()}</RequestID></Response>"
    elif model.service_name == "s3":
        text = f"<Error>{inner}<RequestId>{uuid4()}</RequestId></Error>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>{uuid4()}</RequestId></ErrorResponse>"
        )
    return "text/xml", text.encode()


def _members(shape: Shape, value: Mapping[str, Any]) -> str:
    known = ((name, member) for name, member in shape.members.items() if value.get(name) is not None)
    return "".join(_element(member.serialization.get("name", name), member, value[name]) for name, member in known)


def _element(tag: str, shape: Shape, value: Any) -> str:
    match shape.type_name:
        case "structure":
            inner = _members(shape, value)
        case "list":
            flat = shape.serialization.get("flattened")
            item = tag if flat else shape.member.serialization.get("name", "member")
            inner = "".join(_element(item, shape.member, each) for each in value)
            if flat:
                return inner
        case "map":
            pairs = (
                (_element("key", shape.key, key), _element("value", shape.value, item)) for key, item in value.items()
            )
            inner = "".join(f"<entry>{key}{item}</entry>" for key, item in pairs)
        case "boolean":
            inner = str(value).lower()
        case "timestamp":
            inner = value if isinstance(value, str) else value.isoformat()
        case _:
            inner = escape(str(value))
    return f"<{tag}>{inner}</{tag}>"


def _json(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
