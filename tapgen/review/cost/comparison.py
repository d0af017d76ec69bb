"""What a change costs a month."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tapgen.review.cost.bill import Bill, Gap, bill
from tapgen.review.cost.ranges import Range
from tapgen.review.differences import Change
from tapgen.review.stacks import Stack

_KEPT = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True)
class CostChange:
    """A resource that costs something else afterwards."""

    address: str
    type: str
    before: Range
    after: Range


@dataclass(frozen=True)
class Cost:
    """The bills before and after, and what makes the difference."""

    before: Bill
    after: Bill
    """With what is removed from the templates, but kept."""

    changes: Sequence[CostChange]
    """The dearest first."""

    uncovered: Sequence[Gap]
    """What cannot be told, of the resources that change."""


def cost(before: Mapping[str, Stack], after: Mapping[str, Stack], changes: Iterable[Change]) -> Cost:
    """Compare what two sets of stacks cost.

    What is removed and kept goes on costing. A resource under another name is the same as before.
    """
    changes = list(changes)
    gone = {f"{each.stack}.{each.was or each.title}": each for each in changes if each.was or each.kind == "removed"}
    old, new = bill(before), bill(after)
    kept = {address: item for address, item in old.items.items() if address in gone and _kept(before, address, gone)}
    new = Bill({**new.items, **kept}, new.unknown)
    renamed = {address: each.address for address, each in gone.items() if each.was and address not in kept}
    one, other = ({renamed.get(address, address): item for address, item in each.items.items()} for each in (old, new))
    found = []
    for address in dict.fromkeys([*one, *other]):
        was, now = (each[address].cost if address in each else Range() for each in (one, other))
        if was != now:
            found.append(CostChange(address, (other.get(address) or one[address]).type, was, now))
    touched = [each.address for each in changes]
    gaps = Bill({}, {**old.unknown, **new.unknown}).gaps(touched)
    return Cost(old, new, sorted(found, key=_rank), gaps)


def _rank(change: CostChange) -> tuple[Decimal, Decimal]:
    """What rises most comes first."""
    return change.before.least - change.after.least, change.before.most - change.after.most


def _kept(before: Mapping[str, Stack], address: str, gone: Collection[str]) -> bool:
    """Whether CloudFormation leaves a resource alone that is no longer in the templates, or a stack that it is in."""
    path, _, title = address.rpartition(".")
    stack = before[path]
    if stack.resources[title]["Policies"].get("DeletionPolicy") in _KEPT:
        return True
    above = f"{stack.parent.address}.{stack.title}" if stack.parent else ""
    return above in gone and _kept(before, above, gone)
