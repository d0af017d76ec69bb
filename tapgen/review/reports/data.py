"""A review as data: the version of its shape is 1, and changes when something is no longer where it was.

`docs/review.schema.json` says what is where.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tapgen.review.access import Access
from tapgen.review.cost import Cost, Gap, Range, table
from tapgen.review.cost.ranges import cents
from tapgen.review.differences import Difference
from tapgen.review.reports.causes import causes_data
from tapgen.review.review import Review
from tapgen.review.ripples import Outcome
from tapgen.review.rollouts import Rollouts
from tapgen.review.spelling import shown

VERSION = 1

Data = dict[str, Any]


def data(review: Review) -> Data:
    """The whole review."""
    return {
        "version": VERSION,
        "changes": [*_appearances(review), *(_outcome(each) for each in review.outcomes.values())],
        "dangers": [{"kind": each.kind, "address": each.address, "text": each.text} for each in review.dangers],
        "access": [_access(each) for each in review.access],
        "cost": _cost(review.cost),
        "rollouts": _rollouts(review.rollouts),
        "order": [
            {"action": each.action, "address": each.address} | ({"after": list(each.after)} if each.after else {})
            for each in review.order
        ],
        **({"causes": causes_data(review.causes)} if review.causes else {}),
    }


def _appearances(review: Review) -> list[Data]:
    """What is there that was not, and was there that is not."""
    found = []
    for change in review.changes:
        if change.kind != "changed":
            entry = {"address": change.address, "type": change.type, "effect": "renamed" if change.was else change.kind}
            found.append(entry | ({"was": change.was} if change.was else {}))
    return found


def _outcome(outcome: Outcome) -> Data:
    entry: Data = {"address": outcome.address, "type": outcome.type, "effect": outcome.effect.name.lower()}
    if outcome.cause:
        entry["because"] = ".".join(outcome.cause)
    if outcome.via:
        entry["via"] = list(outcome.via)
    if outcome.differences:
        entry["differences"] = [_difference(each) for each in outcome.differences]
    return entry


def _access(access: Access) -> Data:
    return {name: value for name, value in asdict(access).items() if value}


def _cost(cost: Cost) -> Data:
    return {
        **prices(),
        "before": amount(cost.before.total),
        "after": amount(cost.after.total),
        "changes": [
            {
                "address": each.address,
                "type": each.type,
                "before": amount(each.before),
                "after": amount(each.after),
            }
            for each in cost.changes
        ],
        "uncovered": [gap(each) for each in cost.uncovered],
    }


def _rollouts(rollouts: Rollouts) -> Data:
    return {
        "services": [
            {"address": each.address, "tasks": amount(each.tasks), "vcpu": amount(each.cpu), "minutes": each.minutes}
            for each in rollouts.known.values()
        ],
        "unknown": [{"address": address, "what": what} for address, what in rollouts.unknown.items()],
        "minutes": rollouts.minutes,
    }


def prices() -> Data:
    """What prices an estimate goes by."""
    return {"currency": table().currency, "region": table().region, "date": table().date}


def amount(of: Range) -> Data:
    """From the least to the most, rounded to cents."""
    return {"least": float(cents(of.least)), "most": float(cents(of.most))}


def gap(of: Gap) -> Data:
    """What is not covered."""
    return {"type": of.type, "what": of.what, "addresses": list(of.addresses)}


def _difference(difference: Difference) -> Data:
    sides = {"before": difference.before, "after": difference.after}
    return {
        "path": ".".join(difference.path),
        **{key: shown(value) for key, value in sides.items() if value is not None},
    }
