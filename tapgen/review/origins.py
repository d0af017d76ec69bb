"""Where a value comes from: a wire through outputs and parameters is followed to what it stands for.

A resource is spelled with its stack (`!Ref prod/network.Vpc`), wherever it is spoken of, so what only goes another way
stays the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tapgen.review.spelling import shown, spelled
from tapgen.review.stacks import Stack

Way = tuple[tuple[str, str], ...]
"""The stacks and names that were come through; one that leads to itself is followed no further."""

_TOKEN = re.compile(r"\$\{([^{}]*)\}")
_BRACES = str.maketrans("{}", "()")
_RESOURCE = re.compile(r"[^{}=:!]+")


class Origins:
    """The origins of values, and what resources are called that have been renamed: by the old address, the new one."""

    def __init__(self, renamed: Mapping[str, str] | None = None) -> None:
        self._renamed = renamed or {}

    def of(self, stack: Stack, node: Any) -> Any:
        """*node*, a spelled value of a stack, with every reference at its origin.

        What a root is given counts with its default: another may be given when it is deployed.
        """
        return spelled(self._followed(stack, node, ()))

    def address(self, stack: Stack, title: str) -> str:
        """What a resource is called."""
        found = f"{stack.address}.{title}"
        return self._renamed.get(found, found)

    def conditions(self, stack: Stack, title: str) -> frozenset[str]:
        """The conditions under which a resource is there, with those of all stacks that it is nested in."""
        name = stack.resources[title]["Condition"]
        own = {shown(self.of(stack, {"Condition": name}))} if name else set()
        return frozenset(own) | (self.conditions(stack.parent, stack.title) if stack.parent else frozenset())

    def _followed(self, stack: Stack, node: Any, way: Way) -> Any:
        match node:
            case {"Ref": str(name)}:
                return self._reference(stack, name, way)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._attribute(stack, name, attribute, way)
            case {"Fn::If": [str(condition), *rest]} if condition in stack.conditions:
                said = self._condition(stack, condition, way)
                return {"Fn::If": [said, *(self._followed(stack, each, way) for each in rest)]}
            case {"Condition": str(name)} if name in stack.conditions:
                return self._condition(stack, name, way)
            case dict():
                return {key: self._followed(stack, value, way) for key, value in node.items()}
        return [self._followed(stack, each, way) for each in node] if isinstance(node, list) else node

    def _reference(self, stack: Stack, name: str, way: Way) -> Any:
        step = (stack.address, name)
        if name.startswith("AWS::"):
            return {"Ref": name}
        if name not in stack.parameters or step in way:
            return {"Ref": self.address(stack, name)}
        value = stack.parameters[name]
        if stack.parent is None or value is None:
            given = "" if value is None else shown(value).translate(_BRACES)
            return {"Ref": f"{stack.address}.{name}={given}"}
        return self._followed(stack.parent, value, (*way, step))

    def _attribute(self, stack: Stack, name: str, attribute: str, way: Way) -> Any:
        child, output = stack.nested.get(name), attribute.removeprefix("Outputs.")
        if child and output in child.outputs and (child.address, attribute) not in way:
            return self._followed(child, child.outputs[output], (*way, (child.address, attribute)))
        return {"Fn::GetAtt": [self.address(stack, name), attribute]}

    def _condition(self, stack: Stack, name: str, way: Way) -> Any:
        step = (stack.address, f"Conditions.{name}")
        return name if step in way else self._followed(stack, stack.conditions[name], (*way, step))


def text(value: Any) -> str:
    """A value at its origin as one text, in which `${...}` stands for what is known only when it is deployed."""
    match value:
        case str():
            return value
        case {"Fn::Join": ["", list(parts)]}:
            return "".join(text(part) for part in parts)
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
    return f"${{!{shown(value).translate(_BRACES)}}}"


def owner(value: Any) -> str:
    """The address of the resource that a value names, by whatever attribute; any other value as text."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]} if _RESOURCE.fullmatch(name):
            return name
    return text(value)


def default(said: str) -> str:
    """What a text is where a root is given nothing else than its defaults."""
    return _TOKEN.sub(lambda found: (not found[1].startswith("!") and found[1].partition("=")[2]) or found[0], said)


def plain(said: str) -> str:
    """A text for a person: what is one reference alone, without its braces."""
    found = _TOKEN.fullmatch(said)
    return found[1].rstrip("=").removeprefix("!") if found else said


def loose(said: str) -> str:
    """A text with `*` for all that may be anything; a resource is not another resource."""
    return _TOKEN.sub(lambda found: found[0] if _RESOURCE.fullmatch(found[1]) else "*", said)
