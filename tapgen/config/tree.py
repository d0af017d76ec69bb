"""What a file says, as a tree: each value with the place where it stands and the keys above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tapgen.errors import Place

Path = tuple[str | int, ...]
"""The keys, and positions in lists, that lead to a value."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file."""

    value: str | int | float | bool | dict[str, Node] | list[Node] | None
    place: Place
    """Where the value begins."""

    key: Place | None = None
    """Where its key stands; items of lists and the top of the file have none."""

    path: Path = ()
    """The keys above it, as written."""

    @property
    def items(self) -> dict[str, Node]:
        """What stands below it, by key; nothing where it is not a mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def shown(self) -> Place:
        """Where to point: at a single value itself, at the key of anything larger."""
        return self.key if self.key and isinstance(self.value, dict | list | None) else self.place


def find(node: Node, path: Path) -> tuple[Node, Path]:
    """The node at *path*, or the nearest one above it that is written; and the rest of the path."""
    for position, step in enumerate(path):
        match node.value:
            case dict(items) if step in items:
                node = items[str(step)]
            case list(items) if isinstance(step, int) and step < len(items):
                node = items[step]
            case _:
                return node, path[position:]
    return node, ()


def plain(node: Node, *, empty: bool = True) -> Any:
    """The bare data. Without *empty*, keys that have no value are left out."""
    match node.value:
        case dict(items):
            return {key: plain(item, empty=empty) for key, item in items.items() if empty or item.value is not None}
        case list(items):
            return [plain(item, empty=empty) for item in items]
    return node.value


def in_variables(path: Path) -> bool:
    """Whether *path* leads into the `env` of a service, whose values are never shown: they may be secrets."""
    return "env" in path and any(
        step == "env" and (path[i - 1] == "service" or path[i - 2 : i - 1] == ("services",))
        for i, step in enumerate(path)
        if i
    )
