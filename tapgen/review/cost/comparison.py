"""What a change costs a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tapgen.review.cost.bill import Bill, Gap, Item, bill
from tapgen.review.cost.ranges import Range
from tapgen.review.differences import Change
from tapgen.review.effects import Effect
from tapgen.review.kept import KEEPING, is_kept, removed
from tapgen.review.ripples import Outcome
from tapgen.review.stacks import Stack


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


def cost(
    before: Mapping[str, Stack],
    after: Mapping[str, Stack],
    changes: Iterable[Change],
    outcomes: Mapping[str, Outcome],
) -> Cost:
    """Compare what two sets of stacks cost.

    What is removed and kept goes on costing, and so does what a replacement leaves behind. A resource under another
    name is the same as before.
    """
    changes = list(changes)
    gone = removed(changes)
    old, new = bill(before), bill(after)
    kept = {
        address: old.items[address]
        for address, each in gone.items()
        if address in old.items and is_kept(before[each.stack], each.was or each.title, gone)
    }
    new = Bill({**new.items, **kept, **_left(old, after, outcomes)}, new.unknown)
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


def _left(old: Bill, after: Mapping[str, Stack], outcomes: Mapping[str, Outcome]) -> dict[str, Item]:
    """What stays of resources that are replaced, and is used by nobody any more.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatereplacepolicy.html
    """
    found = {}
    for address, each in outcomes.items():
        if address in old.items and each.effect in (Effect.REPLACED, Effect.MAYBE_REPLACED):
            policies = after[each.stack].resources[each.title]["Policies"]
            if policies.get("UpdateReplacePolicy") in KEEPING:
                item = old.items[address]
                cost = item.cost if each.effect == Effect.REPLACED else item.cost | Range()
                found[f"{address}, as it was before"] = replace(item, cost=cost)
    return found


def _rank(change: CostChange) -> tuple[Decimal, Decimal]:
    """What rises most comes first."""
    return change.before.least - change.after.least, change.before.most - change.after.most
