"""Conditions of statements: which of two lets more requests in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from tapgen.review.access.names import matches
from tapgen.review.origins import plain, text

_SAME = {"ArnEquals": "ArnLike", "ArnNotEquals": "ArnNotLike"}
_IF_EXISTS = "IfExists"
_PATTERNS = ("StringLike", "ArnLike")


@dataclass(frozen=True)
class Condition:
    """One key and the values that it may have, or may not."""

    operator: str
    key: str
    values: frozenset[str]

    def implies(self, weaker: Condition) -> bool:
        """Whether every request that meets this one meets the other for certain."""
        if self.key != weaker.key:
            return False
        own, theirs = self.operator.removesuffix(_IF_EXISTS), weaker.operator.removesuffix(_IF_EXISTS)
        if self.operator.endswith(_IF_EXISTS) and not weaker.operator.endswith(_IF_EXISTS):
            return False
        if own != theirs and (own, theirs) != ("StringEquals", "StringLike"):
            return False
        if "Not" in own:
            return weaker.values <= self.values
        return all(any(_holds(theirs, wide, value) for wide in weaker.values) for value in self.values)

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.key} {self.operator} {', '.join(sorted(map(plain, self.values)))}"


def _holds(operator: str, wide: str, value: str) -> bool:
    if wide == value:
        return True
    if operator in _PATTERNS:
        return matches(wide, value)
    return operator == "IpAddress" and within(wide, value)


def within(wide: str, narrow: str) -> bool:
    """Whether all addresses of one block are of the other; not where one of them is no block."""
    try:
        outer, inner = ip_network(wide, strict=False), ip_network(narrow, strict=False)
    except ValueError:
        return False
    if outer.version != inner.version:
        return False
    return int(outer[0]) <= int(inner[0]) and int(inner[-1]) <= int(outer[-1])


def conditions(said: Any) -> frozenset[Condition]:
    """What the `Condition` of a statement says: all must be met. Keys are the same in any case."""
    if not isinstance(said, dict):
        return frozenset({Condition("is", "the request", frozenset({text(said)}))} if said else ())
    found = set()
    for operator, keys in said.items():
        asked: dict[str, Any] = keys if isinstance(keys, dict) else {"": keys}
        for key, values in asked.items():
            listed = values if isinstance(values, list) else [values]
            found.add(Condition(_SAME.get(str(operator), str(operator)), key.lower(), frozenset(map(text, listed))))
    return frozenset(found)


def imply(strict: frozenset[Condition], weak: frozenset[Condition]) -> bool:
    """Whether whatever meets all of the one meets all of the other for certain."""
    return all(any(own.implies(theirs) for own in strict) for theirs in weak)
