"""From the properties of a CloudFormation resource to the parameters of the API that makes it.

Most resource types are their API's parameters with a capital letter; botocore's models know both names and types.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import Shape

from tapgen.localaws.protocol import Fields, service


def fit(service_name: str, operation: str, properties: Mapping[str, Any], **renamed: str) -> Fields:
    """The parameters of *operation*; *renamed* says how it calls a property that has another name there.

    Raises:
        ValueError: a property has no place in the API, so it would be lost.
    """
    shape = service(service_name).operation_model(operation).input_shape
    return _structure(shape, {renamed.get(name, name): value for name, value in properties.items()})


def _structure(shape: Shape, properties: Mapping[str, Any]) -> Fields:
    members = {name.lower(): name for name in shape.members}
    if unknown := [name for name in properties if name.lower() not in members]:
        raise ValueError(f"Model validation failed (#: extraneous key [{unknown[0]}] is not permitted)")
    named = ((members[name.lower()], value) for name, value in properties.items())
    return {name: _value(shape.members[name], value) for name, value in named}


def _value(shape: Shape, value: Any) -> Any:
    if shape.metadata.get("document"):
        return value
    match shape.type_name:
        case "structure":
            return _structure(shape, value)
        case "list":
            return [_value(shape.member, item) for item in (value if isinstance(value, list) else [value])]
        case "map":
            return {key: _value(shape.value, item) for key, item in value.items()}
    scalar: Callable[[Any], Any] = _SCALARS.get(shape.type_name, _text)
    return scalar(value)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": lambda value: str(value).lower() == "true",
}
