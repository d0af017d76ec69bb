"""Sets of names, as policies write them: one pattern, or all but some."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tapgen.review.origins import loose, plain


@dataclass(frozen=True)
class Names:
    """All names that match a pattern, or all that match none of several.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html
    """

    patterns: frozenset[str]
    but: bool = False

    def covers(self, other: Names) -> bool:
        """Whether every name of *other* is one of these for certain."""
        if self.but and other.but:
            return all(any(matches(theirs, own) for theirs in other.patterns) for own in self.patterns)
        if self.but:
            return not any(meet(own, theirs) for own in self.patterns for theirs in other.patterns)
        return all(
            any(matches(own, theirs) for own in self.patterns) for theirs in (("*",) if other.but else other.patterns)
        )

    def overlaps(self, other: Names) -> bool:
        """Whether some name may be one of both."""
        if self.but and other.but:
            return True
        if self.but:
            return any(not any(matches(own, theirs) for own in self.patterns) for theirs in other.patterns)
        if other.but:
            return other.overlaps(self)
        return any(meet(own, theirs) for own in self.patterns for theirs in other.patterns)

    def __str__(self) -> str:
        """As a person reads it."""
        listed = ", ".join(sorted(plain(each) for each in self.patterns))
        return f"all but {listed}" if self.but else listed


def matches(pattern: str, name: str) -> bool:
    """Whether *pattern* matches all that *name*, which may be a pattern itself, does."""
    return pattern == name or bool(_expression(pattern).fullmatch(name))


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    words = {"*": ".*", "?": "[^*]"}
    return re.compile("".join(words.get(letter) or re.escape(letter) for letter in pattern), re.DOTALL)


def meet(one: str, other: str) -> bool:
    """Whether some name may match both patterns."""
    one, other = loose(one), loose(other)
    if not {"*", "?"} & {*one, *other}:
        return one == other
    reached = {0}
    for letter in one:
        reached = _step(letter, _skipped(reached, other), other)
        if not reached:
            return False
    return len(other) in _skipped(reached, other)


def _skipped(places: set[int], pattern: str) -> set[int]:
    """The places, and those behind a `*` that stands there."""
    found = set(places)
    for place in range(len(pattern)):
        if place in found and pattern[place] == "*":
            found.add(place + 1)
    return found


def _step(letter: str, places: set[int], pattern: str) -> set[int]:
    """Where one may be in *pattern* after *letter* of the other one."""
    if letter == "*":
        return set(range(min(places), len(pattern) + 1))
    found = set()
    for place in places:
        if place < len(pattern):
            here = pattern[place]
            if here == "*":
                found.add(place)
            elif here == letter or "?" in (here, letter):
                found.add(place + 1)
    return found
