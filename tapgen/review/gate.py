"""What a review must not contain, but for what somebody has accepted, and until when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from tapgen.review.access import Access
from tapgen.review.effects import Effect
from tapgen.review.review import Review

KINDS = (
    "replace",
    "maybe-replace",
    "remove",
    "data-loss",
    "must-fail",
    "never-change",
    "requests",
    "downtime",
    "protection",
    "access",
)
"""What can be refused: what becomes of resources, what may hurt, and whoever may do more."""

_WIDER = ("added", "broadened", "changed")


@dataclass(frozen=True)
class Finding:
    """Something that was not to be."""

    kind: str
    address: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.address} {self.text}".rstrip()


class Accepted(Protocol):
    """Something that is accepted: of a kind, wherever the address fits, until a day."""

    @property
    def kind(self) -> str:
        """What it is."""

    @property
    def address(self) -> str:
        """Where, with `*` for anything."""

    @property
    def until(self) -> str:
        """The last day on which it counts, as `2026-12-31`."""


def findings(review: Review, kinds: Collection[str]) -> list[Finding]:
    """Everything of these kinds, in their order."""
    every = [
        *_of_resources(review),
        *(Finding(each.kind, each.address, each.text) for each in review.dangers),
        *(Finding("access", each.who, _may(each)) for each in review.access if each.kind in _WIDER),
    ]
    return [finding for kind in KINDS if kind in kinds for finding in every if finding.kind == kind]


def _may(row: Access) -> str:
    return f"{row.kind} {row.what}{f' on {row.where}' if row.where else ''}"


def _of_resources(review: Review) -> Iterator[Finding]:
    words = {Effect.REPLACED: "replace", Effect.MAYBE_REPLACED: "maybe-replace"}
    for each in review.outcomes.values():
        if each.effect in words:
            yield Finding(words[each.effect], each.address, f"since {'.'.join(each.cause)} changes")
    for change in review.changes:
        if change.was:
            yield Finding("replace", change.address, f"which was {change.was}")
        elif change.kind == "removed":
            yield Finding("remove", change.address, "")


def judge(found: Sequence[Finding], accepted: Sequence[Accepted], today: str) -> list[Finding]:
    """What is left when all that is accepted is taken away. What is accepted in vain, or no longer, is found too."""
    valid = [each for each in accepted if each.until >= today]
    left = [finding for finding in found if not any(_covers(each, finding) for each in valid)]
    for each in accepted:
        if each.until < today:
            left.append(Finding("exception", f"{each.kind} {each.address}", f"has expired on {each.until}"))
        elif not any(_covers(each, finding) for finding in found):
            left.append(Finding("exception", f"{each.kind} {each.address}", "covers nothing"))
    return left


def _covers(each: Accepted, finding: Finding) -> bool:
    return each.kind == finding.kind and fnmatchcase(finding.address, each.address)
