"""Stacks, nested in each other, as a set of templates describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import dirname, join, normpath
from typing import Any

from tapgen.review.spelling import spelled
from tapgen.review.templates import Templates, read

NESTED = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, eq=False)
class Stack:
    """One stack: a template, where it is nested, and those nested in it."""

    address: str
    """How it is spoken of: `prod` for a root, `prod/network` below it."""

    path: str
    """The path of its template."""

    body: Mapping[str, Any]
    parent: Stack | None = None
    title: str = ""
    """Its logical id in its parent."""

    nested: dict[str, Stack] = field(default_factory=dict)
    """Those nested in it, by logical id, as far as their templates are there."""

    text: str = ""
    """Its template as it is written."""

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Its resources, spelled in one way, without what changes nothing."""
        return {
            name: {
                "Type": str(each.get("Type", "")),
                "Properties": spelled(each.get("Properties") or {}),
                "Policies": {key: str(each[key]) for key in ("DeletionPolicy", "UpdateReplacePolicy") if key in each},
                "Context": (each.get("Metadata") or {}).get("com.aws.cloudformation.Context", {}),
                "Condition": str(each.get("Condition", "")),
                "Waits": _names(each.get("DependsOn")),
            }
            for name, each in self._section("Resources").items()
            if isinstance(each, dict)
        }

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The values of its outputs."""
        found = self._section("Outputs")
        return {name: spelled(each.get("Value")) for name, each in found.items() if isinstance(each, dict)}

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What it is given, each with what its parent hands over, or its default, or nothing."""
        given = spelled(self.parent.resources[self.title]["Properties"].get("Parameters", {})) if self.parent else {}
        declared = self._section("Parameters")
        return {name: given.get(name, spelled((each or {}).get("Default"))) for name, each in declared.items()}

    @cached_property
    def conditions(self) -> dict[str, Any]:
        """Its conditions."""
        return {name: spelled(each) for name, each in self._section("Conditions").items()}

    @cached_property
    def mappings(self) -> dict[str, Any]:
        """What its mappings hold, by the three names that lead there; `*` is a key that only a deployment knows."""
        found: dict[str, Any] = {}
        for name, said in self._section("Mappings").items():
            found[f"Mappings.{name}.*.*"] = held = spelled(said)
            rows = {key: row for key, row in held.items() if isinstance(row, dict)} if isinstance(held, dict) else {}
            for key, row in rows.items():
                found[f"Mappings.{name}.{key}.*"] = row
                for last, value in row.items():
                    found[f"Mappings.{name}.{key}.{last}"] = value
                    found[f"Mappings.{name}.*.{last}"] = {one: each.get(last) for one, each in rows.items()}
        return found

    def walk(self) -> Iterator[Stack]:
        """Itself, and every stack below it."""
        yield self
        for each in self.nested.values():
            yield from each.walk()

    def _section(self, name: str) -> dict[str, Any]:
        found = self.body.get(name)
        return found if isinstance(found, dict) else {}


def stacks(templates: Templates) -> dict[str, Stack]:
    """Every stack by its address. A template that no other nests is a root.

    Raises:
        UnreadableError: texts are no templates.
    """
    return nested(read(templates), templates)


def nested(parsed: Mapping[str, Mapping[str, Any]], templates: Templates) -> dict[str, Stack]:
    """Every stack by its address, of templates that are plain data already, with such texts as are known."""
    bodies = {path: body for path, body in parsed.items() if "Resources" in body}
    named = {child for path, body in bodies.items() for child in _children(path, body, bodies).values()}
    roots = [path for path in bodies if path not in named] or list(bodies)
    found: dict[str, Stack] = {}
    for path in roots:
        root = Stack(_address(path), path, bodies[path], text=templates.get(path, ""))
        _nest(root, bodies, templates, (path,))
        found |= {each.address: each for each in root.walk()}
    return found


def _nest(stack: Stack, bodies: Mapping[str, Any], templates: Templates, above: tuple[str, ...]) -> None:
    for title, path in _children(stack.path, stack.body, bodies).items():
        if path not in above:
            name = path.rpartition("/")[2].rpartition(".")[0]
            address = f"{stack.address}/{name}"
            stack.nested[title] = Stack(address, path, bodies[path], stack, title, text=templates.get(path, ""))
            _nest(stack.nested[title], bodies, templates, (*above, path))


def _children(path: str, body: Mapping[str, Any], bodies: Mapping[str, Any]) -> dict[str, str]:
    """The paths of the templates that a template nests, by logical id."""
    found = {}
    for title, each in (body.get("Resources") or {}).items():
        if isinstance(each, dict) and each.get("Type") == NESTED:
            url = _text((each.get("Properties") or {}).get("TemplateURL"))
            if child := next((each for each in _candidates(path, url) if each in bodies), None):
                found[title] = child
    return found


def _candidates(path: str, url: str) -> Iterator[str]:
    """Where a template may be that another names: beside it, or at the end of the address that it is uploaded to."""
    if not url.endswith("/"):
        yield normpath(join(dirname(path), url))
        steps = url.split("/")
        yield from ("/".join(steps[start:]) for start in range(len(steps)))


def _text(url: Any) -> str:
    """An address, as far as it is said: what is known only when it is deployed is left out."""
    match url:
        case str():
            return url
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return text
        case {"Fn::Join": [str(between), list(parts)]}:
            return between.join(part for part in parts if isinstance(part, str))
    return ""


def _address(path: str) -> str:
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return folder if folder and stem == "root" else f"{folder}/{stem}".strip("/")


def _names(value: Any) -> list[str]:
    return sorted(value) if isinstance(value, list) else [value] if isinstance(value, str) else []
