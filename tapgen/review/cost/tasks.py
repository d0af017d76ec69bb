"""What the tasks of a service cost on Fargate.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from tapgen.review.cost.prices import table
from tapgen.review.cost.ranges import Range
from tapgen.review.cost.values import UnknownAmountError, named, number, part, parts, word
from tapgen.review.stacks import Stack

_SPOT = "FARGATE_SPOT"
_HOW_MANY = "how many tasks there are"
_INCLUDED = 20
"""GB of storage that every task has for nothing."""

_UNITS = {"": 1024, "vcpu": 1, "gb": 1}


def service(stack: Stack, title: str) -> Range:
    """All tasks of a service, from the fewest that scaling leaves to the most that it makes.

    Spot costs, at the least, what is left when all that AWS promises is taken off, and at the most as much as any task.

    Raises:
        UnknownAmountError: they are not on Fargate, or not described by any template.
    """
    properties = stack.resources[title]["Properties"]
    if word(stack, properties.get("LaunchType"), "FARGATE") != "FARGATE":
        raise UnknownAmountError("tasks that do not run on Fargate")
    task = _task(*named(stack, properties.get("TaskDefinition"), "the task definition"))
    wanted = tasks(stack, title)
    strategy = parts(properties.get("CapacityProviderStrategy"), "the share of Spot")
    full = _full_price(stack, strategy, wanted.least)
    least = full + (wanted.least - full) * table().monthly("fargate.spot")
    return task * Range(least, wanted.most)


def definition(stack: Stack, title: str) -> Range:
    """A task definition costs with the service that runs it.

    Raises:
        UnknownAmountError: none does, so its tasks run now and then.
    """
    services = [each for each in stack.resources.values() if each["Type"] == "AWS::ECS::Service"]
    if any(_names(each["Properties"].get("TaskDefinition"), title) for each in services):
        return Range()
    raise UnknownAmountError(table().uncovered["AWS::ECS::TaskDefinition"])


def _task(stack: Stack, title: str) -> Range:
    """One task, all the month."""
    properties = stack.resources[title]["Properties"]
    if "FARGATE" not in (properties.get("RequiresCompatibilities") or []):
        raise UnknownAmountError("tasks that do not run on Fargate")
    platform = part(properties.get("RuntimePlatform"), "the processor of a task")
    if word(stack, platform.get("OperatingSystemFamily"), "LINUX") != "LINUX":
        raise UnknownAmountError("tasks on Windows")
    processor = "arm" if word(stack, platform.get("CpuArchitecture"), "X86_64") == "ARM64" else "x86"
    prices = table()
    disk = part(properties.get("EphemeralStorage"), "the disk of a task").get("SizeInGiB", str(_INCLUDED))
    size = number(stack, disk, "the disk of a task")
    more = Range(max(size.least - _INCLUDED, Decimal(0)), max(size.most - _INCLUDED, Decimal(0)))
    return (
        _cpu(stack, properties) * prices.monthly(f"fargate.{processor}.vcpu")
        + _size(stack, properties.get("Memory"), "the memory of a task") * prices.monthly(f"fargate.{processor}.gb")
        + more * prices.monthly("fargate.storage.gb")
    )


def _size(stack: Stack, value: Any, what: str) -> Range:
    """How many vCPU `1024` or `1 vCPU` is, and how many GB `2048` or `2 GB`."""
    found = re.fullmatch(r"(\d*\.?\d+) ?(vcpu|gb)?", value, re.IGNORECASE) if isinstance(value, str) else None
    if not found:
        return number(stack, value, what) * (1 / Decimal(1024))
    return Range.exactly(Decimal(found[1]) / _UNITS[(found[2] or "").lower()])


def tasks(stack: Stack, title: str) -> Range:
    """How many tasks a service has: what scaling may make of them at any time, or as many as the service wants.

    Raises:
        UnknownAmountError: that is known only when it is deployed.
    """
    for each in stack.resources.values():
        scaled, properties = each["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget", each["Properties"]
        if scaled and _names(properties.get("ResourceId"), title):
            planned = parts(properties.get("ScheduledActions"), _HOW_MANY)
            actions = [part(action.get("ScalableTargetAction"), _HOW_MANY) for action in planned]
            return reduce(or_, (end for said in (properties, *actions) for end in _ends(stack, said)))
    return number(stack, stack.resources[title]["Properties"].get("DesiredCount", "1"), _HOW_MANY)


def _ends(stack: Stack, said: Mapping[str, Any]) -> Iterator[Range]:
    for name in ("MinCapacity", "MaxCapacity"):
        if name in said or "ResourceId" in said:
            yield number(stack, said.get(name), _HOW_MANY)


def cpu(stack: Stack, title: str) -> Range:
    """The vCPU of one task of a service.

    Raises:
        UnknownAmountError: no template tells.
    """
    where, name = named(stack, stack.resources[title]["Properties"].get("TaskDefinition"), "the task definition")
    return _cpu(where, where.resources[name]["Properties"])


def _cpu(stack: Stack, task: Mapping[str, Any]) -> Range:
    return _size(stack, task.get("Cpu"), "the CPU of a task")


def _names(value: Any, title: str) -> bool:
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, _]}:
            return bool(name == title)
        case dict():
            return any(_names(each, title) for each in value.values())
    return isinstance(value, list) and any(_names(each, title) for each in value)


def _full_price(stack: Stack, strategy: list[Mapping[str, Any]], tasks: Decimal) -> Decimal:
    """How many of so many tasks are not Spot: the bases, and the rest by weight, not rounded to whole tasks."""
    if not strategy:
        return tasks
    base, weight = (
        {
            word(stack, each.get("CapacityProvider")): number(stack, each.get(key, "0"), "the capacity").least
            for each in strategy
        }
        for key in ("Base", "Weight")
    )
    spot = min(base.get(_SPOT, Decimal(0)), tasks)
    rest = max(tasks - sum(base.values()), Decimal(0))
    weights = sum(weight.values())
    return tasks - spot - (rest * weight.get(_SPOT, Decimal(0)) / weights if weights else 0)
