"""What differs between two sets of templates, resource by resource and property by property."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tapgen.review.origins import Origins
from tapgen.review.stacks import Stack
from tapgen.schemas import Schema, followed, schema

Path = tuple[str, ...]
"""The keys that lead to a property; an entry of a list by what it is called, or by its place."""

NAMES = ("Key", "Name", "Id", "Sid", "AttributeName", "IndexName", "ContainerPath", "PolicyName")
"""What entries of a list are told apart by, in this order."""

REGION = "us-east-1"
"""Whose schemas stand for those of all Regions: what changes in place hardly differs."""


@dataclass(frozen=True)
class Difference:
    """One property before and after; None where it is not there."""

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """What changes of one resource."""

    stack: str
    title: str
    type: str
    kind: Literal["added", "removed", "changed"]
    differences: tuple[Difference, ...] = ()
    was: str = ""
    """The logical id that it had, where it is the same under another."""

    @property
    def address(self) -> str:
        """How it is spoken of: `prod/network.Vpc`."""
        return f"{self.stack}.{self.title}"


def changes(before: Mapping[str, Stack], after: Mapping[str, Stack]) -> list[Change]:
    """Every resource that is added, removed or changed, in the order of the templates."""
    found: list[Change] = []
    for address in dict.fromkeys([*before, *after]):
        found += _of_stack(address, before.get(address), after.get(address))
    return found


def _of_stack(stack: str, before: Stack | None, after: Stack | None) -> Iterator[Change]:
    old, new = (each.resources if each else {} for each in (before, after))
    renamed = _renamed(old, new)
    for title in dict.fromkeys([*old, *new]):
        if title in renamed.values():
            continue
        if title not in old:
            yield Change(stack, title, new[title]["Type"], "added", was=renamed.get(title, ""))
        elif title not in new:
            yield Change(stack, title, old[title]["Type"], "removed")
        elif old[title]["Type"] != new[title]["Type"]:
            yield Change(stack, title, old[title]["Type"], "removed")
            yield Change(stack, title, new[title]["Type"], "added")
        elif before and after:
            differences = tuple(
                each
                for each in _differences(old[title], new[title])
                if not same_origin(before, each.before, after, each.after)
            )
            if differences:
                yield Change(stack, title, new[title]["Type"], "changed", differences)


def same_origin(before: Stack, old: Any, after: Stack, new: Any) -> bool:
    """Whether two values come from the same, whatever ways they go."""
    return bool(Origins().of(before, old) == Origins().of(after, new))


def _renamed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """The old logical ids of resources that are there again under new ones, just as they were."""
    gone = {_identity(old[title]): title for title in old if title not in new}
    return {title: gone[same] for title in new if title not in old and (same := _identity(new[title])) in gone}


def _identity(resource: Any) -> str:
    return json.dumps([resource["Type"], resource["Properties"]], sort_keys=True)


def _differences(old: Any, new: Any) -> Iterator[Difference]:
    root = schema(new["Type"], REGION)
    for key in dict.fromkeys([*old["Policies"], *new["Policies"]]):
        before, after = old["Policies"].get(key), new["Policies"].get(key)
        if before != after:
            yield Difference((key,), before, after)
    if old["Condition"] != new["Condition"]:
        yield Difference(
            ("Condition",), *({"Condition": each} if each else None for each in (old["Condition"], new["Condition"]))
        )
    yield from compare(old["Properties"], new["Properties"], (), root, root)


def compare(old: Any, new: Any, path: Path, node: Schema, root: Schema) -> Iterator[Difference]:
    """The properties that differ between two values that *node*, a part of the schema *root*, describes."""
    if old == new:
        return
    here = followed(node, root) if node else {}
    one, other = (_entries(value, here) for value in (old, new))
    if one is None or other is None or (path and None in (old, new)):
        yield Difference(path, old, new)
        return
    for key in dict.fromkeys([*one, *other]):
        below = here.get("items") or here.get("properties", {}).get(key, {})
        yield from compare(one.get(key), other.get(key), (*path, key), below, root)


def _entries(value: Any, node: Schema) -> dict[str, Any] | None:
    """What a value consists of, by name; nothing where it is one thing."""
    match value:
        case dict() if not is_intrinsic(value):
            return value
        case list():
            for name in NAMES:
                named = {
                    str(each[name]): each
                    for each in value
                    if isinstance(each, dict) and isinstance(each.get(name), str)
                }
                if value and len(named) == len(value):
                    return named
            if node.get("insertionOrder") is False:
                return {json.dumps(each, sort_keys=True): each for each in value}
            return {str(place): each for place, each in enumerate(value)}
    return None


def is_intrinsic(node: Mapping[str, Any]) -> bool:
    """Whether a mapping is a function of CloudFormation."""
    return len(node) == 1 and next(iter(node)).startswith(("Ref", "Fn::"))
