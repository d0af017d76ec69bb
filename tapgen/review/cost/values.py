"""Numbers in templates, as far as they are known before anything is deployed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tapgen.review.cost.ranges import Range, total
from tapgen.review.differences import is_intrinsic
from tapgen.review.origins import Origins, default, owner, text
from tapgen.review.spelling import NO_VALUE
from tapgen.review.stacks import Stack

_LATER = "{}: known only when it is deployed"
_NUMBER = re.compile(r"\d*\.?\d+")


class UnknownAmountError(ValueError):
    """Templates do not tell an amount; the message says which."""


def number(stack: Stack, value: Any, what: str) -> Range:
    """A number, with the defaults of what a root is given; of what is conditional, either.

    Raises:
        UnknownAmountError: it is known only when it is deployed.
    """
    return _either(Origins().of(stack, value), _number, what)


def count(stack: Stack, value: Any, what: str) -> Range:
    """How many entries a list has, however it comes here.

    Raises:
        UnknownAmountError: that is known only when it is deployed.
    """
    return _either(Origins().of(stack, value), _count, what)


def part(value: Any, what: str) -> Mapping[str, Any]:
    """A group of properties; an empty one, where nothing is said.

    Raises:
        UnknownAmountError: which it is, is known only when it is deployed.
    """
    if value is None:
        return {}
    if not isinstance(value, dict) or is_intrinsic(value):
        raise UnknownAmountError(_LATER.format(what))
    return value


def parts(value: Any, what: str) -> list[Mapping[str, Any]]:
    """A list of groups of properties; an empty one, where nothing is said.

    Raises:
        UnknownAmountError: which they are, is known only when it is deployed.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnknownAmountError(_LATER.format(what))
    return [part(each, what) for each in value]


def word(stack: Stack, value: Any, otherwise: str = "") -> str:
    """A text; *otherwise*, where nothing is said."""
    return otherwise if value is None else default(text(Origins().of(stack, value)))


def named(stack: Stack, value: Any, what: str) -> tuple[Stack, str]:
    """The resource that a value names: its stack and its logical id.

    Raises:
        UnknownAmountError: it is in no template.
    """
    address, _, title = owner(Origins().of(stack, value)).rpartition(".")
    for each in root(stack).walk():
        if each.address == address and title in each.resources:
            return each, title
    raise UnknownAmountError(f"{what} is in no template")


def root(stack: Stack) -> Stack:
    """The stack above all that a stack is in."""
    return root(stack.parent) if stack.parent else stack


def _either(value: Any, read: Callable[[Any, str], Range], what: str) -> Range:
    match value:
        case {"Fn::If": [_, one, other]}:
            return _either(one, read, what) | _either(other, read, what)
    return read(value, what)


def _number(value: Any, what: str) -> Range:
    said = default(text(value))
    if not _NUMBER.fullmatch(said):
        raise UnknownAmountError(_LATER.format(what))
    return Range.exactly(Decimal(said))


def _count(value: Any, what: str) -> Range:
    match value:
        case {"Fn::Split": [",", joined]}:
            return _either(joined, _count, what)
        case list() | {"Fn::Join": [",", list()]}:
            entries = value if isinstance(value, list) else value["Fn::Join"][1]
            return total(_either(each, _one, what) for each in entries)
        case str() | {"Ref": str()} if "${" not in (said := default(text(value))):
            return Range.exactly(len([each for each in said.split(",") if each.strip()]))
    raise UnknownAmountError(_LATER.format(what))


def _one(value: Any, _: str) -> Range:
    return Range.exactly(0 if value == NO_VALUE else 1)
