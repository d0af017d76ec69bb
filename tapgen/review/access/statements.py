"""Statements of policies in one normal form: each allows or denies one thing.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tapgen import actions
from tapgen.review.access.conditions import Condition, conditions, imply
from tapgen.review.access.names import Names
from tapgen.review.origins import plain, text
from tapgen.review.spelling import NO_VALUE, shown, spelled

_ACCOUNT = re.compile(r"arn:[^:]+:iam::([^:]+):root|(\d{12}|this)")
_OF_ACCOUNT = re.compile(r"arn:[^:]+:(?:iam|sts)::([^:]+):.+")
_THIS = "${AWS::AccountId}"
EVERYONE = "everyone"

When = frozenset[str]
"""The conditions of templates under which something is there: all must hold."""


@dataclass(frozen=True)
class Grant:
    """Somebody may do one thing, or may not."""

    denies: bool
    who: Names
    actions: Names
    resources: Names
    conditions: frozenset[Condition]
    when: When
    carrier: str = ""
    """The resource whose policy says so; nothing where the policy is that of whoever acts."""

    def covers(self, other: Grant) -> bool:
        """Whether all that *other* says is said by this one too, for certain."""
        return (
            self.denies == other.denies
            and _covers_who(self.who, other.who)
            and _lower(self.actions).covers(_lower(other.actions))
            and self.resources.covers(other.resources)
            and imply(other.conditions, self.conditions)
            and self.when <= other.when
        )

    def overlaps(self, other: Grant) -> bool:
        """Whether both may say something of the same request."""
        return (
            self.who.overlaps(other.who)
            and _lower(self.actions).overlaps(_lower(other.actions))
            and self.resources.overlaps(other.resources)
        )

    def parts(self) -> dict[str, str]:
        """It in words."""
        resources = str(self.resources)
        found = {
            "who": str(self.who),
            "what": f"deny {self.actions}" if self.denies else str(self.actions),
            "where": plain(self.carrier) or resources,
            "how many": _counted(self.actions),
            "conditions": " and ".join(sorted(f"if {each}" for each in self.conditions)) or "in any case",
            "when": " and ".join(sorted(f"where {each}" for each in self.when)),
        }
        return found | ({"resources": f"on {resources}"} if self.carrier else {})


def _lower(names: Names) -> Names:
    return Names(frozenset(pattern.lower() for pattern in names.patterns), names.but)


def _counted(names: Names) -> str:
    """How many actions a wildcard stands for today."""
    if names.but or not any("*" in pattern or "?" in pattern for pattern in names.patterns):
        return ""
    return f"{sum(len(actions.matching(pattern)) for pattern in names.patterns)} actions known today"


def _covers_who(wide: Names, narrow: Names) -> bool:
    """An account stands for all that are in it, if it lets them; everyone, for all."""
    if wide.covers(narrow) or (EVERYONE in wide.patterns and not wide.but):
        return True
    if wide.but or narrow.but:
        return False
    return all(_account(_OF_ACCOUNT, who) in wide.patterns for who in narrow.patterns)


def _account(shape: re.Pattern[str], who: str) -> str:
    """The account that an ARN of some shape is about; nothing where it has another shape."""
    found = shape.fullmatch(who.replace("${AWS::Partition}", "aws").replace(_THIS, "this"))
    number = found and next(each for each in found.groups() if each)
    return "" if not number else "this account" if number == "this" else f"account {number}"


def cases(value: Any, when: When = frozenset()) -> Iterator[tuple[Any, When]]:
    """The values that a value may be, each with the conditions of its template; those of a list one by one."""
    match value:
        case {"Fn::If": [condition, one, other]}:
            said = shown(condition)
            yield from cases(one, when | {said})
            yield from cases(other, when | {f"not {said}"})
        case list():
            for item in value:
                yield from cases(item, when)
        case _ if value is not None and value != NO_VALUE:
            yield value, when


def grants(document: Any, when: When, *, holder: str = "", carrier: str = "") -> Iterator[Grant]:
    """What a policy says, of its *holder*, or of those whom a policy of a resource names."""
    for policy, here in cases(_read(document), when):
        match policy:
            case {"Statement": statements}:
                for statement, there in cases(statements, here):
                    yield from _statement(statement, there, holder, carrier)
            case _:
                yield from _statement(policy, here, holder, carrier)


def _read(document: Any) -> Any:
    """A policy, which some resources take as JSON."""
    if isinstance(document, (str, dict)) and "Statement" not in document:
        try:
            return spelled(json.loads(text(document)))
        except ValueError:
            return document
    return document


def _statement(said: Any, when: When, holder: str, carrier: str) -> Iterator[Grant]:
    if not isinstance(said, dict) or "Effect" not in said:
        unknown = Names(frozenset({text(said)}))
        who = Names(frozenset({holder or text(said)}))
        yield Grant(False, who, unknown, Names(frozenset({"*"})), frozenset(), when, carrier)
        return
    asked = conditions(said.get("Condition"))
    for who, one in _who(said, when, holder):
        for action, two in _names(said, "Action", one):
            for resource, three in _names(said, "Resource", two):
                yield Grant(said["Effect"] == "Deny", who, action, resource, asked, three, carrier)


def _names(said: dict[str, Any], key: str, when: When) -> Iterator[tuple[Names, When]]:
    if f"Not{key}" in said:
        listed = [text(value) for value, _ in cases(said[f"Not{key}"])]
        yield Names(frozenset(listed), but=True), when
        return
    for value, here in cases(said.get(key, "*"), when):
        yield Names(frozenset({text(value)})), here


def _who(said: dict[str, Any], when: When, holder: str) -> Iterator[tuple[Names, When]]:
    if holder:
        yield Names(frozenset({holder})), when
    elif "NotPrincipal" in said:
        yield Names(frozenset(who for who, _ in _principals(said["NotPrincipal"], when)), but=True), when
    else:
        for who, here in _principals(said.get("Principal", "*"), when):
            yield Names(frozenset({who})), here


def _principals(said: Any, when: When) -> Iterator[tuple[str, When]]:
    """Who is meant: an account by its number or its root alike, and whoever it is by `*`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    for value, here in cases(said, when):
        named = value if isinstance(value, dict) and not _function(value) else {"AWS": value}
        for kind, listed in named.items():
            for one, there in cases(listed, here):
                yield _principal(kind, text(one)), there


def _function(value: dict[str, Any]) -> bool:
    return next(iter(value), "").startswith(("Ref", "Fn::"))


def _principal(kind: str, who: str) -> str:
    if who == "*":
        return EVERYONE
    return (_account(_ACCOUNT, who) if kind == "AWS" else "") or who
