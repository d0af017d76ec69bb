"""Where in the templates something stands: the file and the line of a resource, or of one of its properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from tapgen.review.differences import NAMES, Path
from tapgen.review.review import Review
from tapgen.review.stacks import Stack

_OF_RESOURCES = ("Condition", "DeletionPolicy", "UpdateReplacePolicy")
"""What stands beside the properties of a resource, not among them."""


@dataclass(frozen=True)
class Place:
    """A line of a template."""

    file: str
    line: int


class Places:
    """The places in the templates as they are after a change."""

    def __init__(self, review: Review) -> None:
        self._before, self._after = review.before, review.after
        self._nodes: dict[str, yaml.Node | None] = {}

    def of(self, address: str, path: Path = ()) -> Place:
        """Where a stack, or a resource of one, is written; what is gone, where its stack is or was nested."""
        own, _, title = address.partition(".")
        stack = own
        while stack not in self._after and "/" in stack:
            stack, title = stack.rpartition("/")[0], ""
        if stack not in self._after:
            gone = self._before.get(own)
            return Place(gone.path if gone else "", 1)
        found = self._after[stack]
        resource = ("Resources", title) if title in found.resources else ("Resources",)
        below = path if path[:1] and path[0] in _OF_RESOURCES else ("Properties", *path)
        return Place(found.path, self._line(found, (*resource, *(below if title in found.resources and path else ()))))

    @property
    def first(self) -> Place:
        """Where what has no place of its own is spoken of: the first of the templates."""
        return self.of(next(iter(self._after or self._before), ""))

    def is_known(self, address: str) -> bool:
        """Whether it is the address of a stack, or of something in one."""
        stack = address.partition(".")[0]
        return stack in self._after or stack in self._before

    def _line(self, stack: Stack, path: Path) -> int:
        if stack.path not in self._nodes:
            self._nodes[stack.path] = yaml.compose(stack.text, Loader=yaml.CSafeLoader)
        node, line = self._nodes[stack.path], 1
        for key in path:
            found = _below(node, key) if node else None
            if not found:
                break
            line, node = found
        return line


def _below(node: yaml.Node, key: str) -> tuple[int, yaml.Node] | None:
    """The line of what a node holds under a key, by its place in a list, or by its name in one."""
    match node:
        case yaml.MappingNode():
            for name, value in node.value:
                if name.value == key:
                    return name.start_mark.line + 1, value
        case yaml.SequenceNode():
            for place, value in enumerate(node.value):
                if key in (str(place), *_names(value)):
                    return value.start_mark.line + 1, value
    return None


def _names(node: yaml.Node) -> list[str]:
    if not isinstance(node, yaml.MappingNode):
        return []
    said: Mapping[str, str] = {name.value: value.value for name, value in node.value}
    return [said[name] for name in NAMES if isinstance(said.get(name), str)]
