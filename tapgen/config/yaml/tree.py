"""What a file says, as a tree: each value with the place where it stands and the keys above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tapgen.errors import Place

Keys = tuple[str | int, ...]
"""The keys, and positions in lists, that lead to a value."""

HIDING = {"env", "secrets", "args"}
"""Below which keys there may be secrets."""

OPEN = {("username",), ("length",)}
"""What a declared secret says openly."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file."""

    value: str | int | float | bool | dict[str, Node] | list[Node] | None
    place: Place
    """Where the value begins."""

    key: Place | None = None
    """Where its key stands; items of lists and the top of the file have none."""

    path: Keys = ()
    """The keys above it, as written."""

    @property
    def items(self) -> dict[str, Node]:
        """What stands below it, by key; nothing where it is not a mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def shown(self) -> Place:
        """Where to point: at a single value itself, at the key of anything larger."""
        return self.key if self.key and isinstance(self.value, dict | list | None) else self.place


def find(node: Node, path: Keys) -> tuple[Node, Keys]:
    """The node at *path*, or the nearest one above it that is written; and the rest of the path.

    A single value may stand for a list of one: then it is the first entry.
    """
    for position, step in enumerate(path):
        match node.value:
            case dict(items) if step in items:
                node = items[str(step)]
            case list(items) if isinstance(step, int) and step < len(items):
                node = items[step]
            case str() if path[position:] == (0,):
                return node, ()
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


def is_hidden(path: Keys) -> bool:
    """Whether the value at *path* is never shown, since it may be a secret, or one written where a reference belongs.

    Such are the values in `env`, `secrets` and `build.args` of a service or job, and in declared `secrets`, but what
    those may say openly.
    """
    return not HIDING.isdisjoint(path) and any(
        step in HIDING and _hides(step, path[:i], path[i + 2 :]) for i, step in enumerate(path)
    )


def _hides(key: str | int, above: Keys, below: Keys) -> bool:
    if key == "args":
        return above[-1:] == ("build",) and _is_workload(above[:-1])
    return _is_workload(above) or (_is_settings(above) and below not in OPEN)


def _is_workload(path: Keys) -> bool:
    everyone = path[-1:] in {("service",), ("job",)} and path[:-1] != ("environments",)
    return everyone or path[-2:-1] in {("services",), ("jobs",), ("sidecars",)}


def _is_settings(path: Keys) -> bool:
    return path in {(), ("defaults",)} or path[:-1] == ("environments",)
