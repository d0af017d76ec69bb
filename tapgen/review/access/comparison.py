"""What comes, goes, grows and shrinks of things that may cover each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeVar

Kind = Literal["added", "removed", "broadened", "narrowed", "changed"]


@dataclass(frozen=True)
class Access:
    """Somebody may do something more, less or else."""

    kind: Kind
    who: str
    what: str
    where: str
    before: str
    after: str

    @property
    def gained(self) -> bool:
        """Whether somebody may do what they might not."""
        return self.kind in ("added", "broadened")


class Right(Protocol):
    """Something that somebody may do; it is compared with others of its own kind."""

    def covers(self, other: Any, /) -> bool:
        """Whether nobody can do by *other* what they cannot by this, for certain."""

    def overlaps(self, other: Any, /) -> bool:
        """Whether something may be possible by both."""

    def parts(self) -> Mapping[str, str]:
        """It in words: `who`, `what`, `where`, and how else two may differ."""

    @property
    def denies(self) -> bool:
        """Whether it takes away what others give."""


Some = TypeVar("Some", bound=Right)

_FLIPPED: Mapping[Kind, Kind] = {
    "added": "narrowed",
    "removed": "broadened",
    "broadened": "narrowed",
    "narrowed": "broadened",
    "changed": "changed",
}


def compared(before: Collection[Some], after: Collection[Some]) -> Iterator[Access]:
    """Each right of one holder that there is on one side alone, with what there is of it on the other."""
    gained = [new for new in after if not any(old.covers(new) for old in before)]
    lost = [old for old in before if not any(new.covers(old) for new in after)]
    grown = {new: [old for old in before if new.covers(old)] for new in gained}
    shrunk = {old: [new for new in after if old.covers(new)] for old in lost}
    mixed = [
        (old, new)
        for new in gained
        for old in lost
        if not grown[new] and not shrunk[old] and old.denies == new.denies and old.overlaps(new)
    ]
    for new, smaller in grown.items():
        if smaller:
            yield _access("broadened", new, smaller, [new])
        elif not any(new is each for _, each in mixed):
            yield _access("added", new, [], [new])
    for old, smaller in shrunk.items():
        if smaller:
            yield _access("narrowed", old, [old], smaller)
        elif not any(old is each for each, _ in mixed):
            yield _access("removed", old, [old], [])
    for old, new in mixed:
        yield _access("changed", new, [old], [new])


def _access(kind: Kind, right: Right, before: Iterable[Right], after: Iterable[Right]) -> Access:
    old, new = [each.parts() for each in before], [each.parts() for each in after]
    said = right.parts()
    sides = (*old, *new) if kind == "changed" else (said,)
    who, what, where = (_listed(part[word] for part in sides) for word in ("who", "what", "where"))
    words = [word for word in said if _values(old, word) != _values(new, word)]
    if not (old and new):
        words = [word for word in said if word not in ("who", "what", "where")]
    was, becomes = (
        "; ".join(filter(None, (_listed(part[word] for part in side) for word in words))) for side in (old, new)
    )
    return Access(_FLIPPED[kind] if right.denies else kind, who, what, where, was, becomes)


def _values(side: Iterable[Mapping[str, str]], word: str) -> set[str]:
    return {part[word] for part in side}


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted({value for value in values if value}))


def together(rows: Iterable[Access]) -> list[Access]:
    """Rows that differ in nothing but what, or but where, as one."""
    return _merged(_merged(rows, "what"), "where")


def _merged(rows: Iterable[Access], word: Literal["what", "where"]) -> list[Access]:
    found: dict[Access, list[Access]] = {}
    for row in rows:
        found.setdefault(_with(row, word, ""), []).append(row)
    return [
        _with(row, word, ", ".join(sorted({getattr(each, word) for each in alike}))) for row, alike in found.items()
    ]


def _with(row: Access, word: Literal["what", "where"], value: str) -> Access:
    return replace(row, what=value) if word == "what" else replace(row, where=value)
