"""References by name to what stacks offer: `${network.vpc_id}`, `${firewall.service_group_ids.shop}`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from tapgen.config.references import Reference, parts
from tapgen.config.suggest import did_you_mean
from tapgen.stack import Wire, Wires


class UnknownReferenceError(LookupError):
    """A reference that means nothing here."""

    def __init__(self, reference: Reference, known: Iterable[str]) -> None:
        """What was written, and what could have been."""
        names = list(known)
        super().__init__(f"nothing before it offers {reference}")
        self.allowed = ", ".join(names)
        self.hint = did_you_mean(reference.path, names)


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
        case str() if value:
            return _text(value, known)
        case dict():
            return {key: spelled(item, known) for key, item in value.items()}
        case list() | tuple():
            return [spelled(item, known) for item in value]
    return value


def _text(text: str, known: Mapping[str, Any]) -> Any:
    pieces = list(parts(text))
    for piece in pieces:
        if isinstance(piece, Reference) and piece.path not in known:
            raise UnknownReferenceError(piece, known)
    values = [known[piece.path] if isinstance(piece, Reference) else piece for piece in pieces]
    if len(values) == 1:
        return values[0].to_dict() if isinstance(values[0], Wire) else values[0]
    if lists := [str(piece) for piece, value in zip(pieces, values, strict=True) if isinstance(value, Wires)]:
        raise ListInTextError(f"{lists[0]} is a list, and cannot stand inside a text")
    if any(isinstance(value, Wire) for value in values):
        return {"Fn::Sub": "".join(map(_within, values))}
    return "".join(map(str, values))


def _within(value: Any) -> str:
    """A value inside the text of a `Sub`, where what is text stays text, whatever it looks like."""
    return str(value) if isinstance(value, Wire) else str(value).replace("${", "${!")
