"""What a review must not contain, but for what somebody has accepted, and until when."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Protocol, get_args

from tapgen.refusals import Kind
from tapgen.review.access import Access
from tapgen.review.cost import Range
from tapgen.review.differences import Path
from tapgen.review.effects import Effect
from tapgen.review.review import Review

KINDS: tuple[str, ...] = get_args(Kind)
"""What can be refused, in this order.

`cost` comes with a limit: `cost>50`, where the least that one root stack costs a month, with all that it nests, rises
by more than 50. The most is what scaling may bring, and would refuse a change that nobody pays for.
"""

_LIMIT = re.compile(r"cost>(\d+(?:\.\d+)?)")

_WIDER = ("added", "broadened", "changed")


@dataclass(frozen=True)
class Finding:
    """Something that was not to be."""

    kind: str
    address: str
    text: str
    path: Path = ()
    """The property that does it, where one does."""

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


def is_kind(word: str) -> bool:
    """Whether a word says what can be refused: one of the kinds, of which `cost` needs a limit."""
    return bool(_LIMIT.fullmatch(word)) or (word in KINDS and word != "cost")


def findings(review: Review, kinds: Collection[str]) -> list[Finding]:
    """Everything of these kinds, in their order."""
    limits = [Decimal(found[1]) for kind in kinds if (found := _LIMIT.fullmatch(kind))]
    every = [
        *_of_resources(review),
        *(Finding(each.kind, each.address, each.text, each.path) for each in review.dangers),
        *(
            Finding("access", _between(each), f"{each.kind} {each.what}")
            for each in review.access
            if each.kind in _WIDER
        ),
        *(_of_cost(review, min(limits)) if limits else ()),
    ]
    wanted = {*kinds, *(("cost",) if limits else ())}
    return [finding for kind in KINDS if kind in wanted for finding in every if finding.kind == kind]


def _between(access: Access) -> str:
    """Who, and on what: to accept one is not to accept all that somebody may do."""
    return f"{access.who} on {access.where}" if access.where else access.who


def _of_resources(review: Review) -> Iterator[Finding]:
    words = {Effect.REPLACED: "replace", Effect.MAYBE_REPLACED: "maybe-replace"}
    for each in review.outcomes.values():
        if each.effect in words:
            yield Finding(words[each.effect], each.address, f"since {'.'.join(each.cause)} changes", each.cause)
    for change in review.changes:
        if change.was:
            yield Finding("replace", change.address, f"which was {change.was}")
        elif change.kind == "removed":
            yield Finding("remove", change.address, "")


def _of_cost(review: Review, limit: Decimal) -> Iterator[Finding]:
    before, after = review.cost.before.roots, review.cost.after.roots
    for root in after:
        was, now = before.get(root, Range()), after[root]
        if now.least - was.least > limit:
            more = f": more than {limit}" if limit else ""
            yield Finding("cost", root, f"{was.rise(now)} a month, by an estimate{more}")


def concerned(
    found: Sequence[Finding], accepted: Sequence[Accepted], kinds: Collection[str], environments: Collection[str]
) -> list[Accepted]:
    """The entries that a review of these kinds and environments, of all if none is said, can call vain."""
    asked = {kind.partition(">")[0] for kind in kinds}
    return [
        each
        for each in accepted
        if any(_covers(each, finding) for finding in found)
        or (each.kind in asked and (not environments or re.split("[/.]", each.address)[0] in environments))
    ]


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
