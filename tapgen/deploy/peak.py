"""What a deployment needs at its peak, and how long requests take to move: for whoever decides about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tapgen.config.environment import Environment
from tapgen.config.order import callees_first
from tapgen.config.service import Service
from tapgen.deploy.changes import Change, ChangeSet
from tapgen.stack import logical_id

_TASKS = ("AWS::ECS::TaskDefinition", "AWS::ECS::Service")


@dataclass(frozen=True)
class Peak:
    """What may run of a service while a new version replaces the old one, and for how long."""

    name: str
    least: int
    """Tasks, where as few run as may."""

    most: int
    """Tasks, where as many run as may."""

    cpu: int
    """CPU units of each."""

    minutes: int

    def __str__(self) -> str:
        low, high = self.least * self.cpu / 1024, self.most * self.cpu / 1024
        until = f", {self.minutes} minutes at most until the old ones end" if self.minutes else ""
        return f"{_range(self.least, self.most)} tasks, {_range(low, high)} vCPU{until}"


def lines(environment: Environment, found: ChangeSet) -> Iterator[str]:
    """What new tasks of all services take that a change set deploys; nothing where it deploys none."""
    peaks = [
        peak(environment, environment.services[name], first=first) for name, first in _deployed(environment, found)
    ]
    if not peaks:
        return
    yield "while new tasks start beside old ones:"
    width = max(len(each.name) for each in peaks)
    yield from (f"  {each.name:<{width}}  {each}" for each in peaks)
    most = sum(each.most * each.cpu for each in peaks) / 1024
    chain = longest(environment.services, {each.name: each.minutes for each in peaks})
    waits = f"; {chain} minutes at most, one after another as they call each other, and what tasks take to start"
    yield f"  together at most {most:g} vCPU{waits if chain else ''}"


def peak(environment: Environment, service: Service, *, first: bool) -> Peak:
    """What runs of a service at the peak of its deployment; of the *first* one, nothing is there to be replaced.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
    """
    said = service.deployment
    percent = 100 if first else 200 if said.coloured else said.max_percent
    most = max([service.tasks.max, *(each.max for each in service.scaling.schedule.values())])
    least, most = (wanted * percent // 100 for wanted in (service.fewest_tasks, most))
    return Peak(service.name, least, most, service.cpu, environment.minutes_to_deploy(service.name))


def longest(services: Mapping[str, Service], minutes: Mapping[str, int]) -> int:
    """Minutes until all are deployed: the stack of a service waits for those it calls, as far as they come first."""
    ends: dict[str, int] = {}
    for service in callees_first(services):
        begin = max((ends[callee] for callee in service.calls if callee in ends), default=0)
        ends[service.name] = begin + minutes.get(service.name, 0)
    return max(ends.values(), default=0)


def _deployed(environment: Environment, found: ChangeSet) -> Iterator[tuple[str, bool]]:
    """The services that get new tasks, and whether they are the first ones."""
    changes = {each.logical_id: each for each in found.changes}
    for name, service in environment.services.items():
        change = changes.get(logical_id(service.stack))
        if change and _brings_tasks(change):
            yield name, change.action == "Add"


def _brings_tasks(change: Change) -> bool:
    """What is inside a stack is not known where CloudFormation does not look there."""
    return change.nested is None or any(each.type in _TASKS for each in change.nested.changes)


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
