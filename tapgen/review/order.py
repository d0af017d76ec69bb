"""The order in which CloudFormation makes and deletes what a change adds, replaces and removes.

It makes what others need before them, in nested stacks as in one, and deletes at the end, the other way round; of what
is replaced the new one is made first, but for the types that there may be only one of.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-monitor-stack.html
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from tapgen.review.deletions import Olds
from tapgen.review.differences import REGION, Change
from tapgen.review.effects import Effect
from tapgen.review.ripples import Outcome, named
from tapgen.review.stacks import Stack
from tapgen.schemas import schema


@dataclass(frozen=True)
class Step:
    """Something that is made or deleted."""

    action: Literal["create", "delete"]
    address: str
    after: Sequence[str] = ()
    """What must be done before, of what is made or deleted."""


def order(
    stacks: tuple[Mapping[str, Stack], Mapping[str, Stack]],
    changes: Iterable[Change],
    outcomes: Iterable[Outcome],
    deleted: Olds,
) -> list[Step]:
    """Everything that is made and deleted, in one order in which CloudFormation may do it.

    What is in a nested stack that comes or goes as a whole counts as that stack.
    """
    before, after = stacks
    made = {
        each.address for each in changes if each.kind == "added" and (each.stack in before or _is_root(each, after))
    }
    made |= {each.address for each in outcomes if each.effect == Effect.REPLACED}
    lost = {address for address, old in deleted.items() if old.stack.address in after or old.stack.parent is None}
    first = {address for address in made & lost if _is_single(deleted[address].type)}
    steps: list[Step] = []
    for address, needs in _sorted(after, made):
        steps += [Step("delete", address)] if address in first else []
        steps.append(Step("create", address, needs))
    backwards = list(_sorted(before, lost - first))
    users = {address: [user for user, needs in backwards if address in needs] for address, _ in backwards}
    return steps + [Step("delete", address, users[address]) for address, _ in reversed(backwards)]


def _is_root(change: Change, after: Mapping[str, Stack]) -> bool:
    return after[change.stack].parent is None


def _is_single(kind: str) -> bool:
    """Whether the old one of a type is deleted before the new one is made."""
    return bool(schema(kind, REGION).get("replacementStrategy") == "delete_then_create")


def _sorted(stacks: Mapping[str, Stack], wanted: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """The resources that are looked at, each after those that it needs, which are named with it."""
    if not wanted:
        return
    needs = _needs(stacks)
    reached = {address: sorted(_reached(needs, address, wanted)) for address in sorted(wanted)}
    try:
        for address in TopologicalSorter(reached).static_order():
            yield address, reached[address]
    except CycleError:
        # No template that AWS takes has a circle: then any order is as good.
        yield from reached.items()


def _reached(needs: Mapping[str, Collection[str]], address: str, wanted: Collection[str]) -> set[str]:
    """The nearest that are looked at, of all that a resource needs."""
    found, seen, due = set(), {address}, list(needs.get(address, ()))
    while due:
        here = due.pop()
        if here in seen:
            continue
        seen.add(here)
        if here in wanted:
            found.add(here)
        else:
            due += needs.get(here, ())
    return found


def _needs(stacks: Mapping[str, Stack]) -> dict[str, set[str]]:
    """What each resource needs: what it names, waits for, and, in a nested stack, what that stack waits for.

    A nested stack is there when all that is in it is.
    """
    known: dict[tuple[str, str], set[str]] = {}
    found: dict[str, set[str]] = {}
    inside: dict[str, set[str]] = {}
    for stack in stacks.values():
        around = f"{stack.parent.address}.{stack.title}" if stack.parent else ""
        for title, each in stack.resources.items():
            address = f"{stack.address}.{title}"
            waits = {f"{stack.address}.{other}" for other in each["Waits"]}
            found[address] = _named(stack, each["Properties"], known) | waits | found.get(around, set())
            inside.setdefault(around, set()).add(address)
    return {address: needs | inside.get(address, set()) for address, needs in found.items()}


def _named(stack: Stack, value: Any, known: dict[tuple[str, str], set[str]]) -> set[str]:
    """The resources that a value comes from, through parameters and outputs."""
    return {address for name, _ in named(value) for address in _origins(stack, name, known)}


def _origins(stack: Stack, name: str, known: dict[tuple[str, str], set[str]]) -> set[str]:
    way = (stack.address, name)
    if way not in known:
        known[way] = set()  # for what leads to itself
        title, _, output = name.partition(".Outputs.")
        child = stack.nested.get(title)
        if name in stack.parameters:
            known[way] = _named(stack.parent, stack.parameters[name], known) if stack.parent else set()
        elif child and output in child.outputs:
            known[way] = _named(child, child.outputs[output], known)
        else:
            known[way] = {f"{stack.address}.{title}"}
    return known[way]
