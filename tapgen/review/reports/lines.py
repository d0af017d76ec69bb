"""What a review can refuse, at the lines of the templates that do it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path

from tapgen.refusals import Kind
from tapgen.review.gate import Finding, findings
from tapgen.review.places import Place, Places
from tapgen.review.reports.rules import RULES
from tapgen.review.review import Review

_VERBS = {"replace": " is replaced", "maybe-replace": " is replaced in some cases", "remove": " is removed"}
_SENTENCES = ("data-loss", "must-fail", "requests", "downtime", "interruption", "not-deleted")
"""Kinds whose texts say what the resource does."""


@dataclass(frozen=True)
class Line:
    """A finding where it stands."""

    kind: Kind
    finding: Finding
    place: Place
    message: str
    sources: Sequence[Place] = ()
    """The lines of `tapgen.yaml` behind it, as far as they were asked for, and are still there."""


def lines(review: Review, folder: Path, root: Path) -> Iterator[Line]:
    """Every finding, the worst first: at the templates in *folder*; files of causes are named from *root*."""
    places, sources = Places(review), _sources(review, root)
    every = findings(review, [*(kind for kind in RULES if kind != "cost"), "cost>0"])
    for kind in RULES:
        for finding in every:
            if finding.kind == kind:
                address = _address(places, finding)
                place = places.of(address, finding.path) if address else places.first
                place = replace(place, file=(folder / place.file).as_posix())
                yield Line(kind, finding, place, _message(review, finding), sources.get(address, ()))


def _sources(review: Review, root: Path) -> Mapping[str, Sequence[Place]]:
    found: dict[str, list[Place]] = {}
    for cause in review.causes.causes if review.causes else ():
        there = [Place(normpath(root / each.file), each.line) for each in cause.lines if each.kind != "removed"]
        for address in cause.addresses:
            found.setdefault(address, []).extend(there)
    return found


def _address(places: Places, finding: Finding) -> str:
    """What a finding is about; of access, where it is to, else whose it is, as far as one of them is a resource."""
    known = [each for each in reversed(re.split(" on |, ", finding.address)) if places.is_known(each)]
    return known[0] if known else ""


def _message(review: Review, finding: Finding) -> str:
    verb = _VERBS.get(finding.kind, "" if finding.kind in _SENTENCES else ":")
    said = f"{finding.address}{verb} {finding.text}".rstrip()
    outcome = review.outcomes.get(finding.address)
    way = outcome.via if outcome and finding.kind in _VERBS else ()
    return f"{said}: {' → '.join(way)}" if way else said
