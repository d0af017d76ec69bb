"""What runs while new tasks take the place of old ones, and how long that may take: for whoever decides about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from typing import Any

from tapgen.review.cost.ranges import Range, total
from tapgen.review.cost.tasks import cpu, tasks
from tapgen.review.cost.values import UnknownAmountError, number, part, parts, root, word
from tapgen.review.ripples import Outcome, named
from tapgen.review.stacks import Stack

SERVICE = "AWS::ECS::Service"
MIGRATION = "Custom::Migration"
MIGRATION_MINUTES = 50
"""What runs before tasks of a service start is stopped after so long."""

_WITHOUT_NEW_TASKS = ("DesiredCount", "Tags")


@dataclass(frozen=True)
class Rollout:
    """New tasks of a service."""

    address: str
    tasks: Range
    """Of both versions together, at the peak; not whole, where the service says its own number in percent of it."""

    cpu: Range
    """The vCPU of all of them."""

    minutes: int
    """Until the old ones end, at most, beside the time that tasks take to start."""

    first: bool
    """Whether there are no old ones."""

    migration: int
    """Minutes that a migration may take before, at most."""

    def __str__(self) -> str:
        end = "it is deployed" if self.first else "the old ones end"
        until = f", {self.minutes} minutes at most until {end}" if self.minutes else ""
        before = f", {self.migration} minutes at most for its migration before, if that runs" if self.migration else ""
        tasks = f"{_range(self.tasks)} task{'' if self.tasks.most == 1 else 's'}"
        return f"{tasks}, {_range(self.cpu)} vCPU{until}{before}"


@dataclass(frozen=True)
class Rollouts:
    """All new tasks that a change brings."""

    known: Mapping[str, Rollout]
    """By the address of the service."""

    unknown: Mapping[str, str]
    """What templates do not tell, by the address of the service."""

    minutes: int
    """Of all of them, as far as they wait for each other."""

    @property
    def sum(self) -> str:
        """All together, in words."""
        most = total(each.cpu for each in self.known.values()).most.normalize()
        if not self.minutes:
            return f"together at most {most:f} vCPU"
        waits = "one after another as they wait for each other, and what tasks take to start"
        return f"together at most {most:f} vCPU; {self.minutes} minutes at most, {waits}"


def rollouts(before: Mapping[str, Stack], after: Mapping[str, Stack], outcomes: Mapping[str, Outcome]) -> Rollouts:
    """The new tasks that a change of templates brings."""
    first, again = set[str](), set[str]()
    for stack in after.values():
        for title, each in stack.resources.items():
            address = f"{stack.address}.{title}"
            if each["Type"] != SERVICE:
                continue
            if stack.address not in before or title not in before[stack.address].resources:
                first.add(address)
            elif address in outcomes and _brings_tasks(outcomes[address]):
                again.add(address)
    return rollouts_of(after, first, again)


def rollouts_of(stacks: Mapping[str, Stack], first: Set[str], again: Set[str]) -> Rollouts:
    """New tasks of services by address: the *first* ones, which replace none, and those that replace others."""
    known, unknown = dict[str, Rollout](), dict[str, str]()
    for stack in stacks.values():
        for title in stack.resources:
            address = f"{stack.address}.{title}"
            if address in first or address in again:
                try:
                    known[address] = _rollout(stack, title, first=address in first)
                except UnknownAmountError as unsaid:
                    unknown[address] = str(unsaid)
    roots = {id(root(stack)): root(stack) for stack in stacks.values()}.values()
    return Rollouts(known, unknown, max((_longest(each, known) for each in roots), default=0))


def _brings_tasks(outcome: Outcome) -> bool:
    """Whether more changes than what new tasks are not needed for.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
    """
    paths = [outcome.cause, *(each.path for each in outcome.differences)]
    return any(path and path[0] not in _WITHOUT_NEW_TASKS for path in paths)


def _rollout(stack: Stack, title: str, *, first: bool) -> Rollout:
    """Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html .
    """
    said = part(stack.resources[title]["Properties"].get("DeploymentConfiguration"), "how new tasks replace old ones")
    coloured = word(stack, said.get("Strategy"), "ROLLING") != "ROLLING"
    percent = number(stack, said.get("MaximumPercent", "200"), "how many tasks may run").most
    factor = Decimal(1) if first else Decimal(2) if coloured else percent / 100
    wanted = tasks(stack, title)
    both = Range(Decimal(floor(wanted.least * factor)), Decimal(floor(wanted.most * factor)))
    minutes = _minutes(stack, said) if coloured else 0
    migrates = any(stack.resources[each]["Type"] == MIGRATION for each in _waits(stack, title))
    migration = MIGRATION_MINUTES if migrates else 0
    return Rollout(f"{stack.address}.{title}", both, both * cpu(stack, title), minutes, first, migration)


def _minutes(stack: Stack, said: Mapping[str, Any]) -> int:
    """The test of a hook, as far as it says how long it may take, the steps of the requests, and the bake."""

    def of(value: Any) -> int:
        return ceil(number(stack, value, "the minutes of a deployment").most)

    canary, linear = (part(said.get(f"{name}Configuration"), "the steps") for name in ("Canary", "Linear"))
    hooks = [part(each.get("HookDetails"), "a hook") for each in parts(said.get("LifecycleHooks"), "the hooks")]
    steps = of(canary.get("CanaryBakeTimeInMinutes", "0"))
    if linear:
        percent = number(stack, linear.get("StepPercent", "10"), "the steps").least
        steps += (ceil(100 / percent) - 1) * of(linear.get("StepBakeTimeInMinutes", "6"))
    return sum(of(each.get("minutes", "0")) for each in hooks) + steps + of(said.get("BakeTimeInMinutes", "15"))


def _longest(stack: Stack, known: Mapping[str, Rollout]) -> int:
    """Minutes until a stack is deployed: each resource waits for those that it names."""
    ends: dict[str, int] = {}

    def end(title: str) -> int:
        if title not in ends:
            ends[title] = 0  # whoever waits for itself, which CloudFormation refuses, waits for nothing here
            begin = max((end(each) for each in _waits(stack, title)), default=0)
            rollout = known.get(f"{stack.address}.{title}")
            own = rollout.minutes + rollout.migration if rollout else 0
            ends[title] = begin + (_longest(stack.nested[title], known) if title in stack.nested else own)
        return ends[title]

    return max((end(title) for title in stack.resources), default=0)


def _waits(stack: Stack, title: str) -> Iterator[str]:
    """What a resource waits for: what it depends on, and what it names, an output of a nested stack too."""
    resource = stack.resources[title]
    names = [*resource["Waits"], *(name.partition(".")[0] for name, _ in named(resource["Properties"]))]
    return (name for name in names if name in stack.resources)


def _range(of: Range) -> str:
    least, most = of.least.normalize(), of.most.normalize()
    return f"{least:f}" if least == most else f"{least:f} to {most:f}"
