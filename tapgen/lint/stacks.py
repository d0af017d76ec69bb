"""Nested stacks as our rules see them: the tree of templates, and where a value that travels between them begins."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cfnlint.decode import decode_str
from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from tapgen.lint.literal import mapping

NESTED = "AWS::CloudFormation::Stack"
FARTHEST = 100
"""A value that comes from farther away goes in a circle."""

Where = Sequence[str | int]
"""The keys and positions that lead to a place in a template."""


@dataclass(frozen=True, eq=False)
class Stack:
    """A template and its place in the tree."""

    file: str
    template: Mapping[str, Any]
    name: str = ""
    """The logical id in the parent's template."""

    parent: Stack | None = None
    children: dict[str, Stack] = field(default_factory=dict)
    """By logical id. A child whose template is not on disk, or is nested in itself, is left out."""

    @functools.cached_property
    def nested(self) -> frozenset[str]:
        """The logical ids of the nested stacks, also of those whose template is elsewhere."""
        return frozenset(name for name, _ in self.resources(NESTED))

    @property
    def given(self) -> Mapping[str, Any]:
        """The values of the parameters, as the parent's template spells them."""
        return mapping(properties(self.parent, self.name).get("Parameters")) if self.parent else {}

    @property
    def ancestors(self) -> Iterator[Stack]:
        """The stack, its parent, and so on."""
        yield self
        if self.parent:
            yield from self.parent.ancestors

    @property
    def way(self) -> list[str]:
        """The logical ids that lead here from the root."""
        return [*self.parent.way, self.name] if self.parent else []

    @property
    def descendants(self) -> Iterator[Stack]:
        """The stack and all below it."""
        yield self
        for child in self.children.values():
            yield from child.descendants

    def resources(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The logical ids and properties of the resources of one type."""
        for name, resource in mapping(self.template.get("Resources")).items():
            if mapping(resource).get("Type") == kind:
                yield name, properties(self, name)


def tree(cfn: Template) -> Stack:
    """The template that cfn-lint is looking at, with all that it nests."""
    root = Stack(os.path.normpath(cfn.filename or ""), cfn.template)
    if cfn.filename:
        _grow(root)
    return root


def _grow(stack: Stack) -> None:
    for name, given in stack.resources(NESTED):
        file = local(stack.file, given.get("TemplateURL"))
        template = _read(file) if file else None
        if file and template and file not in {ancestor.file for ancestor in stack.ancestors}:
            stack.children[name] = child = Stack(file, template, name, stack)
            _grow(child)


def local(file: str, url: object) -> str | None:
    """The file that a template in *file* means by a `TemplateURL`, if that is no address."""
    if not isinstance(url, str) or re.match(r"[a-z0-9]+://", url):
        return None
    return os.path.normpath(Path(file).parent / url)


def _read(file: str) -> dict[str, Any] | None:
    try:
        return _decoded(Path(file).read_text("utf-8"))
    except (OSError, ValueError):
        return None


@functools.lru_cache(maxsize=1024)
def _decoded(text: str) -> dict[str, Any] | None:
    template, faults = decode_str(text)
    return template if isinstance(template, dict) and not faults else None


def properties(stack: Stack, name: str) -> Mapping[str, Any]:
    """The properties of a resource."""
    return mapping(mapping(mapping(stack.template.get("Resources")).get(name)).get("Properties"))


def origin(stack: Stack, value: object) -> tuple[Stack, object]:
    """The stack that makes a value and its expression there: parameters are followed up, and outputs down."""
    for _ in range(FARTHEST):
        step = _step(stack, value)
        if step is None:
            return stack, value
        stack, value = step
    return stack, None


def _step(stack: Stack, value: object) -> tuple[Stack, object] | None:
    match value:
        case {"Ref": str(name)} if stack.parent and name in stack.given:
            return stack.parent, stack.given[name]
        case {"Fn::GetAtt": [str(name), str(attribute)]} if name in stack.children and attribute.startswith("Outputs."):
            child = stack.children[name]
            outputs = mapping(child.template.get("Outputs"))
            return child, mapping(outputs.get(attribute.removeprefix("Outputs."))).get("Value")
        case {"Fn::Sub": str(text)} if whole := re.fullmatch(r"\$\{([^!.}]+)(?:\.([^}]+))?\}", text):
            name, attribute = whole.groups()
            return stack, {"Fn::GetAtt": [name, attribute]} if attribute else {"Ref": name}
    return None


def found(cfn: Template, stack: Stack, path: Where, message: str) -> RuleMatch:
    """A match in the template of a stack, which need not be the one that cfn-lint is looking at."""
    if not stack.parent:
        return RuleMatch(list(path), message)
    place = cfn.get_location_yaml(stack.template, list(path)) or (0, 0, 0, 1)
    return RuleMatch(list(path), message, filename=stack.file, location=place)
