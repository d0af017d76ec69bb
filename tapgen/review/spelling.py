"""One spelling for what CloudFormation takes for the same, so that only what matters is a difference.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

NO_VALUE = {"Ref": "AWS::NoValue"}
_PART = re.compile(r"\$\{(!?)([^{}]+)\}")
_ONE_OR_MORE = ("Action", "NotAction", "Resource", "NotResource")


def spelled(node: Any) -> Any:
    """*node*, a value of a template, in the one spelling of what it means."""
    match node:
        case dict() if len(node) == 1 and (spell := _FUNCTIONS.get(next(iter(node)))):
            return spell(next(iter(node.values())))
        case {"Statement": statements}:
            return {**_mapping(node), "Statement": _statements(statements)}
        case dict():
            return _mapping(node)
        case list():
            return [spelled(item) for item in node if item != NO_VALUE]
        case bool() | int() | float():
            return _scalar(node)
    return node


def _scalar(node: float) -> str:
    """A number or a flag as the text that CloudFormation takes for the same."""
    if isinstance(node, bool):
        return "true" if node else "false"
    return f"{node:g}" if node == int(node) and abs(node) < 10**6 else str(node)


def _sub(said: Any) -> Any:
    match said:
        case [str(text), dict(given)]:
            return _text(text, {name: spelled(value) for name, value in given.items()})
        case str(text):
            return _text(text, {})
    return {"Fn::Sub": said}


def _join(said: Any) -> Any:
    match said:
        case ["", list(parts)]:
            return _joined([spelled(part) for part in parts])
        case [str(between), list(parts)] if all(isinstance(part, str) for part in parts):
            return between.join(parts)
        case [between, parts]:
            return {"Fn::Join": [between, spelled(parts)]}
    return {"Fn::Join": said}


def _attribute(said: Any) -> Any:
    match said:
        case str(path):
            return {"Fn::GetAtt": path.split(".", 1)}
        case [str(name), *rest] if len(rest) > 1:
            return {"Fn::GetAtt": [name, ".".join(map(str, rest))]}
    return {"Fn::GetAtt": said}


def _either(said: Any) -> Any:
    match said:
        case [condition, one, other]:
            one, other = spelled(one), spelled(other)
            return one if one == other else {"Fn::If": [condition, one, other]}
    return {"Fn::If": said}


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "Fn::GetAtt": _attribute,
    "Fn::If": _either,
    "Fn::Join": _join,
    "Fn::Sub": _sub,
}


def _mapping(node: dict[str, Any]) -> dict[str, Any]:
    return {key: spelled(value) for key, value in node.items() if value != NO_VALUE}


def _text(text: str, given: dict[str, Any]) -> Any:
    """A text with references in it, as a list of parts."""
    parts: list[Any] = []
    end = 0
    for found in _PART.finditer(text):
        parts.append(text[end : found.start()])
        end = found.end()
        literal, name = found.groups()
        if literal:
            parts.append(f"${{{name}}}")
        elif name in given:
            parts.append(given[name])
        else:
            parts.append({"Fn::GetAtt": name.split(".", 1)} if "." in name else {"Ref": name})
    return _joined([*parts, text[end:]])


def _joined(parts: list[Any]) -> Any:
    """Parts in a row: texts grow together, and a text within a text is its parts."""
    flat: list[Any] = []
    for part in parts:
        inner = part["Fn::Join"][1] if isinstance(part, dict) and part.get("Fn::Join", [None])[0] == "" else [part]
        for each in inner:
            if isinstance(each, str) and flat and isinstance(flat[-1], str):
                flat[-1] += each
            elif each != "":
                flat.append(each)
    if not flat:
        return ""
    return flat[0] if len(flat) == 1 else {"Fn::Join": ["", flat]}


def _statements(node: Any) -> Any:
    """The statements of a policy, whose order says nothing."""
    if isinstance(node, dict) and any(key.startswith("Fn::") or key == "Ref" for key in node):
        return spelled(node)
    listed = [each for each in (node if isinstance(node, list) else [node]) if each != NO_VALUE]
    return in_order([_statement(each) for each in listed])


def _statement(node: Any) -> Any:
    match node:
        case {"Fn::If": [condition, one, other]}:
            return _either([condition, _statement(one), _statement(other)])
        case dict():
            pass
        case _:
            return spelled(node)
    said = _mapping(node)
    for key in _ONE_OR_MORE:
        if key in said:
            said[key] = _several(said[key])
    if isinstance(said.get("Principal"), dict):
        said["Principal"] = {kind: _several(who) for kind, who in said["Principal"].items()}
    return said


def _several(value: Any) -> Any:
    return in_order(value if isinstance(value, list) else [value])


def in_order(values: list[Any]) -> list[Any]:
    """Values whose order says nothing."""
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))


def shown(node: Any) -> str:
    """A value as a person reads it: `!Ref Vpc`, `arn:${AWS::Partition}:s3`."""
    match node:
        case str():
            return node
        case {"Fn::Join": ["", list(parts)]}:
            return "".join(_part(part) for part in parts)
        case {"Fn::If": [condition, one, other]}:
            return f"{shown(one)} if {condition}, else {shown(other)}"
        case {"Condition": str(name)} if len(node) == 1:
            return f"!Condition {name}"
        case dict() if len(node) == 1 and next(iter(node)).startswith(("Ref", "Fn::")):
            ((name, said),) = node.items()
            text = ".".join(map(str, said)) if name == "Fn::GetAtt" and isinstance(said, list) else said
            return f"!{name.removeprefix('Fn::')} {text if isinstance(text, str) else json.dumps(text, sort_keys=True)}"
    return json.dumps(node, sort_keys=True)


def _part(part: Any) -> str:
    match part:
        case str():
            return part
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
    return f"${{{shown(part)}}}"
