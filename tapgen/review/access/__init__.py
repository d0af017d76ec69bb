"""Who may do what that they might not before, and who no longer may: one table of all stacks.

Policies and the network are compared as what they let through, not as they are written: a statement that is split, or a
rule that becomes a resource of its own, changes nothing. What cannot be compared is said to be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tapgen.review.access.comparison import Access, Right, compared, together
from tapgen.review.access.network import flows, listeners
from tapgen.review.access.policies import policies
from tapgen.review.access.requests import ways
from tapgen.review.access.statements import EVERYONE
from tapgen.review.access.switches import switches, turned
from tapgen.review.differences import Change
from tapgen.review.kept import kept
from tapgen.review.origins import Origins
from tapgen.review.stacks import Stack

__all__ = ["Access", "access"]

_ALL = (EVERYONE, "internet", "0.0.0.0/0", "::/0", "everything")
_WITHOUT_LIMIT = ("*", "policy AdministratorAccess", "permissions boundary")


def access(before: Mapping[str, Stack], after: Mapping[str, Stack], changes: Iterable[Change]) -> list[Access]:
    """Everything that somebody gains or loses, the worst first.

    A renamed resource is the same as before; what is removed from the templates and kept lets through what it did.
    """
    changes = list(changes)
    after = {**after, **kept(before, changes)}
    renamed = {f"{each.stack}.{each.was}": each.address for each in changes if each.was}
    sides = (before, Origins(renamed)), (after, Origins())
    old, new = (_rights(stacks, origins) for stacks, origins in sides)
    rows = [
        row
        for scope in dict.fromkeys([*old, *new])
        if old.get(scope) != new.get(scope)
        for row in compared(old.get(scope, {}), new.get(scope, {}))
    ]
    rows += turned(*(switches(stacks, origins) for stacks, origins in sides))
    return sorted(together(rows), key=_rank)


def _rights(stacks: Mapping[str, Stack], origins: Origins) -> dict[str, dict[Right, None]]:
    """What may be done, by holder or by what it is done with; each once, in the order of the templates."""
    found: dict[str, dict[Right, None]] = {}
    for scope, right in _every(stacks, origins):
        found.setdefault(scope, {})[right] = None
    return found


def _every(stacks: Mapping[str, Stack], origins: Origins) -> Iterator[tuple[str, Right]]:
    yield from policies(stacks, origins)
    passing = list(flows(stacks, origins))
    yield from passing
    doors = listeners(stacks, origins, [flow for _, flow in passing])
    yield from ((f"at {door.balancer}", door) for door in doors.values())
    yield from ways(stacks, origins, doors)


def _rank(row: Access) -> tuple[int, str, str, str]:
    """The worst first: everyone, or all that there is; then whatever is gained, is else, and is lost."""
    unlimited = row.who in _ALL or row.where in _ALL or row.what in _WITHOUT_LIMIT
    kinds = ("broadened", "added", "changed", "narrowed", "removed")
    return (0 if row.gained and unlimited else 1 + kinds.index(row.kind)), row.who, row.what, row.where
