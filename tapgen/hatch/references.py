"""References by name to what stacks offer: `${network.vpc_id}`, `${firewall.service_group_ids.shop}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from tapgen.config.suggest import did_you_mean
from tapgen.stack import Wire, Wires

REFERENCE = re.compile(r"\$\{([a-z][a-z0-9-]*(?:\.[A-Za-z0-9_-]+)+)\}")
"""A stack, and what it offers: `network.vpc_id`. `${HOME}` and `${AWS::Region}` are none."""


class UnknownReferenceError(LookupError):
    """A reference that means nothing here."""

    def __init__(self, name: str, known: Iterator[str]) -> None:
        """What was written, and what could have been."""
        names = list(known)
        super().__init__(f"${{{name}}} is not offered by any layer")
        self.allowed = ", ".join(names)
        self.hint = did_you_mean(name, names)


class ListInTextError(TypeError):
    """A reference to several values where there is room for one."""


def offered(offers: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that may be referred to, by name: wires, and values that are known by now."""
    return dict(_below(offers, ""))


def _below(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    prefix = f"{name}." if name else ""
    match value:
        case Wire() | str() | int():
            yield name, value
        case Mapping():
            for key, item in value.items():
                yield from _below(item, f"{prefix}{key}")
        case _ if is_dataclass(value):
            for each in fields(value):
                yield from _below(getattr(value, each.name), f"{prefix}{each.name}")


def spelled(value: Any, known: Mapping[str, Any]) -> Any:
    """*value* as CloudFormation takes it, with every reference in its texts followed.

    Raises:
        UnknownReferenceError: a text refers to what nobody offers.
        ListInTextError: a text holds more than a reference to a list.
    """
    match value:
        case str() if REFERENCE.search(value):
            return _text(value, known)
        case dict():
            return {key: spelled(item, known) for key, item in value.items()}
        case list() | tuple():
            return [spelled(item, known) for item in value]
    return value


def _text(text: str, known: Mapping[str, Any]) -> Any:
    for name in REFERENCE.findall(text):
        if name not in known:
            raise UnknownReferenceError(name, iter(known))
    if whole := REFERENCE.fullmatch(text):
        found = known[whole[1]]
        return found.to_dict() if isinstance(found, Wire) else found
    if lists := [name for name in REFERENCE.findall(text) if isinstance(known[name], Wires)]:
        raise ListInTextError(f"${{{lists[0]}}} is a list, and cannot stand inside a text")
    if any(isinstance(known[name], Wire) for name in REFERENCE.findall(text)):
        # What stands between two references is text, whatever it looks like.
        pieces = REFERENCE.split(text)
        parts = (str(known[piece]) if odd % 2 else piece.replace("${", "${!") for odd, piece in enumerate(pieces))
        return {"Fn::Sub": "".join(parts)}
    return REFERENCE.sub(lambda match: str(known[match[1]]), text)
