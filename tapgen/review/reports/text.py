"""A review for a terminal: the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tapgen.review.cost import Cost, table
from tapgen.review.reports.bill import basis, uncovered
from tapgen.review.reports.causes import causes_text
from tapgen.review.reports.data import Data, data
from tapgen.review.reports.order import in_order
from tapgen.review.reports.rollouts import rolled_out
from tapgen.review.review import Review
from tapgen.review.rollouts import Rollouts

SECTIONS = (
    ("replaced", "Replaced"),
    ("maybe_replaced", "Replaced in some cases"),
    ("renamed", "Made anew under another name"),
    ("removed", "Removed"),
    ("added", "Added"),
    ("revision", "New revisions"),
    ("unknown", "Changed, in a way that no schema tells"),
    ("in_place", "Changed in place"),
    ("nothing", "Changed in the template alone"),
)
"""What becomes of resources, from grave to harmless, as data and in words."""

_WIDTH = 90


def text(review: Review) -> str:
    """The whole review."""
    found = data(review)
    if not (found["changes"] or found["access"]):
        return "nothing changes\n"
    lines = [*_dangers(found["dangers"]), *_access(found["access"]), *_cost(review.cost)]
    lines += _rollouts(review.rollouts)
    lines += causes_text(review.causes, effects(found)) if review.causes else ()
    if steps := in_order(review):
        lines += [f"Order ({len(steps)})", *(f"  {step}" for step in steps), ""]
    for effect, title in SECTIONS:
        changes = [change for change in found["changes"] if change["effect"] == effect and not is_told_below(change)]
        if changes:
            lines += [f"{title} ({len(changes)})", *(line for change in changes for line in _change(change)), ""]
    return "\n".join(lines)


def effects(found: Data) -> dict[str, str]:
    """What becomes of each resource that is shown, in words."""
    words = dict(SECTIONS)
    return {each["address"]: words[each["effect"]].lower() for each in found["changes"] if not is_told_below(each)}


def is_told_below(change: Data) -> bool:
    """A nested stack is updated whenever something in it is: that is said there."""
    return bool(change["type"] == "AWS::CloudFormation::Stack" and change["effect"] == "in_place")


def _dangers(dangers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if dangers:
        yield f"Danger ({len(dangers)})"
        for danger in dangers:
            yield f"  {danger['kind']}: {danger['address']} {danger['text']}"
        yield ""


def _access(rows: Sequence[Data]) -> Iterator[str]:
    if rows:
        yield f"Access ({len(rows)})"
        for row in rows:
            where = f" on {_short(row['where'])}" if "where" in row else ""
            yield f"  {row['kind']}: {_short(row['who'])}: {_short(row['what'])}{where}"
            if "before" in row and "after" in row:
                yield f"    {_short(row['before'])} -> {_short(row['after'])}"
            elif said := row.get("before") or row.get("after"):
                yield f"    {_short(said)}"
        yield ""


def _cost(cost: Cost) -> Iterator[str]:
    if cost.changes:
        yield f"Cost ({len(cost.changes)})"
        yield f"  {summed(cost)}"
        for each in cost.changes:
            yield f"  {each.address}: {each.before.rise(each.after)}"
        for line in uncovered(cost.uncovered):
            yield f"  not covered: {line}"
        yield f"  {basis()}"
        yield ""


def _rollouts(rollouts: Rollouts) -> Iterator[str]:
    if rollouts.known or rollouts.unknown:
        yield f"New tasks ({len(rollouts.known) + len(rollouts.unknown)})"
        yield from (f"  {line}" for line in rolled_out(rollouts))
        yield ""


def summed(cost: Cost) -> str:
    """What a change costs in all."""
    before, after = cost.before.total, cost.after.total
    return f"about {before.rise(after)} {table().currency} a month: {before} -> {after}"


def _change(change: Data) -> Iterator[str]:
    was = f", which was {change['was']}" if "was" in change else ""
    yield f"  {change['address']}  {change['type']}{was}"
    if "via" in change:
        yield f"    because {change['because']} changes: {' -> '.join(change['via'])}"
    for difference in change.get("differences", ()):
        before, after = (_short(difference.get(side, "nothing")) for side in ("before", "after"))
        yield f"    {_short(difference['path'])}: {before} -> {after}"


def _short(value: str) -> str:
    value = " ".join(value.splitlines())
    return value if len(value) <= _WIDTH else f"{value[: _WIDTH - 1]}…"
