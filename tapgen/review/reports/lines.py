"""What a review can refuse, at the lines of the templates that do it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tapgen.refusals import Kind
from tapgen.review.gate import Finding, findings
from tapgen.review.places import Place, Places
from tapgen.review.reports.rules import RULES
from tapgen.review.review import Review

_VERBS = {"replace": " is replaced", "maybe-replace": " is replaced in some cases", "remove": " is removed"}
_SENTENCES = ("data-loss", "must-fail", "requests", "downtime")
"""Kinds whose texts say what the resource does."""


@dataclass(frozen=True)
class Line:
    """A finding where it stands."""

    kind: Kind
    finding: Finding
    place: Place
    message: str


def lines(review: Review) -> Iterator[Line]:
    """Every finding, the worst first."""
    places = Places(review)
    every = findings(review, [*(kind for kind in RULES if kind != "cost"), "cost>0"])
    for kind in RULES:
        for finding in every:
            if finding.kind == kind:
                yield Line(kind, finding, _place(places, finding), _message(review, finding))


def _place(places: Places, finding: Finding) -> Place:
    """Of access: where it is to, else whose it is, as far as one of them is a resource."""
    known = [each for each in reversed(re.split(" on |, ", finding.address)) if places.is_known(each)]
    return places.of(known[0], finding.path) if known else places.first


def _message(review: Review, finding: Finding) -> str:
    verb = _VERBS.get(finding.kind, "" if finding.kind in _SENTENCES else ":")
    said = f"{finding.address}{verb} {finding.text}".rstrip()
    outcome = review.outcomes.get(finding.address)
    way = outcome.via if outcome and finding.kind in _VERBS else ()
    return f"{said}: {' → '.join(way)}" if way else said
