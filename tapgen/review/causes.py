"""What lies behind the changes of a review: grouped under what, changed alone, changes the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tapgen.review.differences import Change, Path, changes
from tapgen.review.ripples import Outcome, outcomes
from tapgen.review.stacks import Stack

Platform = Mapping[str, Stack]

_SHOWN = 5
"""Lines of one cause that are spoken of one by one."""


class Move(NamedTuple):
    """One thing that a change does to a resource."""

    address: str
    kind: Literal["added", "removed", "changed", "reached"]
    path: Path = ()
    """The property, where one is changed."""


@dataclass(frozen=True)
class Line:
    """A line of a file, and the key that stands there."""

    file: str
    line: int
    key: str
    kind: Literal["added", "removed", "changed"]

    def __str__(self) -> str:
        said = f" ({self.kind})" if self.kind != "changed" else ""
        return f"{self.file}:{self.line} {self.key}".rstrip() + said


@dataclass(frozen=True)
class Cause:
    """Something that was done, and what comes of it."""

    lines: Sequence[Line]
    """The lines that were changed; several, where they cannot be told apart."""

    moves: Sequence[Move] = ()
    text: str = ""
    """What was done, where it is no line."""

    @property
    def addresses(self) -> list[str]:
        """The resources that it changes."""
        return list(dict.fromkeys(move.address for move in self.moves))

    def __str__(self) -> str:
        shown = list(map(str, self.lines[:_SHOWN]))
        more = len(self.lines) - len(shown)
        return self.text or ", ".join([*shown, *([f"or {more} more"] if more else [])])


@dataclass(frozen=True)
class Causes:
    """The changes of a review under their causes."""

    causes: Sequence[Cause] = ()
    unexplained: Sequence[Move] = ()
    """What no line explains, nor anything else."""

    note: str = ""
    """What was not looked at, and why."""


def moves(before: Platform, after: Platform) -> frozenset[Move]:
    """Everything that a change of stacks does."""
    differing = {
        address
        for address in before.keys() | after.keys()
        if address not in before or address not in after or before[address].body != after[address].body
    }
    if not differing:
        return frozenset()
    old, new = ({name: each for name, each in side.items() if name in differing} for side in (before, after))
    found = changes(old, new)
    return frozenset(moved(found, outcomes(before, after, found)))


def moved(found: Iterable[Change], reached: Mapping[str, Outcome]) -> list[Move]:
    """The same, where the changes are known."""
    return [
        *(
            Move(change.address, change.kind, path)
            for change in found
            for path in ([each.path for each in change.differences] or [()])
        ),
        *(Move(each.address, "reached", each.cause) for each in reached.values() if not each.differences),
    ]


def likeness(move: Move, other: Move) -> int:
    """How much two moves, of two changes, are the same; 0 where they are not.

    Entries of lists count by their places, which shift when others come: they are alike if their list is the same.
    """
    if move == other:
        return 4
    if move.address != other.address or "removed" in (move.kind, other.kind):
        return 0
    if move.kind == "reached" or () in (move.path, other.path):
        return 1
    common = next((n for n, (a, b) in enumerate(zip(move.path, other.path, strict=False)) if a != b), None)
    return 3 if common is None else 2 if common else 0


def attributed(found: Collection[Move], by: Mapping[int, frozenset[Move]]) -> dict[Move, list[int]]:
    """Who makes each move, of those that make moves of their own: whoever makes what is most alike."""
    every: dict[str, list[tuple[int, Move]]] = {}
    for number, own in by.items():
        for move in own:
            every.setdefault(move.address, []).append((number, move))
    makers = {}
    for move in found:
        alike = [(likeness(move, other), number) for number, other in every.get(move.address, ())]
        most = max((degree for degree, _ in alike), default=0)
        makers[move] = sorted({number for degree, number in alike if degree == most and most})
    return makers
