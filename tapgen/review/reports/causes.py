"""The changes of a review under their causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tapgen.review.causes import Cause, Causes, Move

Data = dict[str, Any]

UNEXPLAINED = "No line explains this"


def causes_data(causes: Causes) -> Data:
    """Everything that is known of the causes."""
    found: Data = {
        "causes": [_cause(each) for each in causes.causes],
        "unexplained": _moves(causes.unexplained),
    }
    return found | ({"note": causes.note} if causes.note else {})


def _cause(cause: Cause) -> Data:
    lines = [asdict(line) for line in cause.lines]
    return ({"lines": lines} if lines else {"text": cause.text}) | {"changes": _moves(cause.moves)}


def _moves(moves: Sequence[Move]) -> list[Data]:
    paths: dict[str, list[str]] = {}
    for move in moves:
        paths.setdefault(move.address, []).extend([".".join(move.path)] if move.path else [])
    return [{"address": address} | ({"paths": found} if found else {}) for address, found in paths.items()]


def grouped(causes: Causes) -> list[tuple[str, list[str]]]:
    """Each cause in words, with the addresses of what it changes; in the end, what has none."""
    found = [(str(cause), cause.addresses) for cause in causes.causes]
    left = list(dict.fromkeys(move.address for move in causes.unexplained))
    return [*found, (UNEXPLAINED, left)] if left else found


def causes_text(causes: Causes, effects: Mapping[str, str]) -> Iterator[str]:
    """For a terminal; *effects* say what becomes of those addresses that are shown."""
    groups = grouped(causes)
    if groups:
        yield f"Causes ({len(causes.causes)})"
    for title, addresses in groups:
        shown = [address for address in addresses if address in effects]
        yield f"  {title}" + ("" if addresses else ": changes nothing")
        yield from (f"    {effects[address]}: {address}" for address in shown)
    if causes.note:
        yield f"  Note: {causes.note}"
    if groups:
        yield ""
