"""How a deployed environment is: its stacks, its services with their deployments, and the alarms that ring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import click

from tapgen.config.environment import Environment
from tapgen.deploy import rollouts, services, stacks, traffic
from tapgen.deploy.alarms import Alarm, Alarms
from tapgen.deploy.aws import Aws, both
from tapgen.deploy.failure import remedy
from tapgen.deploy.rollouts import Rollout
from tapgen.deploy.services import Service
from tapgen.deploy.stacks import Stack
from tapgen.deploy.traffic import Weights
from tapgen.deploy.words import doing, elapsed_since
from tapgen.stack import logical_id

_COLOURS = {"ok": "green", "deploying": "yellow", "PROBLEM": "red"}


@dataclass(frozen=True)
class ServiceStatus:
    """How a service is."""

    service: Service
    rollout: Rollout | None
    """Its newest deployment."""

    weights: Weights | None
    alarms: Sequence[Alarm]

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def going_on(self) -> bool:
        """Whether it is being deployed."""
        return bool(self.rollout and self.rollout.going_on)

    @property
    def state(self) -> Literal["ok", "deploying", "PROBLEM"]:
        """What there is to see at a glance."""
        if any(True for _ in self.problems()):
            return "PROBLEM"
        return "deploying" if self.going_on else "ok"

    def problems(self) -> Iterator[str]:
        """What is not as it should be, for people."""
        if self.rollout and self.rollout.failed and not self.rollout.as_asked:
            how = f"{self.rollout.doing}{_ago(self.rollout)}"
            yield f"its last deployment was {how}: {self.rollout.reason or 'ECS does not say why'}"
            if advice := remedy([self.rollout.reason]):
                yield f"help: {advice}"
        if self.service.running < self.service.desired and not self.going_on:
            yield f"it lacks tasks: {self.service.message}"
        for alarm in self.alarms:
            yield told(alarm)

    def row(self) -> str:
        """What it does, in one line."""
        service, rollout = self.service, self.rollout
        said = [f"{service.running} of {service.desired} tasks", *([str(self.weights)] if self.weights else [])]
        if rollout and rollout.going_on:
            said.append(f"{rollout.doing}, deploying for {elapsed_since(rollout.began)}")
        if rollout and rollout.as_asked:
            said.append(f"its last deployment was rolled back{_ago(rollout)}, as asked")
        return "; ".join(said)


@dataclass(frozen=True)
class Snapshot:
    """How an environment is at one moment."""

    root: Stack
    services: Sequence[ServiceStatus] = ()
    alarms: Sequence[Alarm] = ()
    """Those of other stacks than services have."""

    @property
    def going_on(self) -> bool:
        """Whether AWS is at work."""
        return self.root.state.busy or any(each.going_on for each in self.services)

    def lines(self) -> Iterator[str]:
        """Services and alarms, for people."""
        width = max((len(each.name) for each in self.services), default=0)
        kinds = max((len(each.service.strategy) for each in self.services), default=0)
        for each in self.services:
            state = click.style(f"{each.state:<9}", fg=_COLOURS[each.state])
            yield f"  service {each.name:<{width}}  {state}  {each.service.strategy:<{kinds}}  {each.row()}"
            yield from (f"    {problem}" for problem in each.problems())
        yield from (f"  {alarm.stack}: {told(alarm)}" for alarm in self.alarms)
        if troubled := [each.name for each in self.services if each.state == "PROBLEM"]:
            yield f"  not all is well: {', '.join(troubled)}"


class Observer:
    """Looks at an environment, as often as one likes."""

    def __init__(self, aws: Aws, environment: Environment) -> None:
        self.aws = aws
        self.environment = environment
        self._alarms = Alarms(aws, environment.stack_name)

    def look(self, name: str = "") -> Snapshot | None:
        """How the environment is, or one service of it; nothing where it is not there.

        Raises:
            AwsError: AWS could not be asked.
        """
        root = stacks.find(self.aws, self.environment.stack_name)
        if not root:
            return None
        if not root.exists:
            return Snapshot(root)
        everything = partial(services.every, self.aws, self.environment, root)
        there, rung = both(everything, self._alarms.ringing)
        found = [each for each in there if name in ("", each.name)]
        newest, shares = both(partial(rollouts.newest, self.aws, found), partial(traffic.weights, self.aws, found))
        of = {each.arn: [alarm for alarm in rung if alarm.stack == self._stack(each)] for each in found}
        own = {self._stack(each) for each in found}
        return Snapshot(
            root,
            [ServiceStatus(each, newest.get(each.arn), shares.get(each.arn), of[each.arn]) for each in found],
            [] if name else [alarm for alarm in rung if alarm.stack not in own],
        )

    def _stack(self, service: Service) -> str:
        known = self.environment.services.get(service.name)
        return logical_id(known.stack) if known else ""


def _ago(rollout: Rollout) -> str:
    return f" {elapsed_since(rollout.ended)} ago" if rollout.ended else ""


def stack_lines(root: Stack, nested: Mapping[str, str]) -> Iterator[str]:
    """The states of all stacks, for people."""
    yield f"{root.name}  {root.status}  {root.state.meaning}"
    width = max(map(len, nested), default=0)
    for name, status in nested.items():
        yield f"  {name:<{width}}  {doing(status)}"


def nested(aws: Aws, root: Stack) -> dict[str, str]:
    """The states of the stacks nested in *root*, by logical id.

    Raises:
        AwsError: AWS could not be asked.
    """
    return {each.logical_id: each.status for each in stacks.resources(aws, root.id) if each.type == stacks.NESTED}


def told(alarm: Alarm) -> str:
    """An alarm, for people."""
    return f"alarm {alarm.name} for {elapsed_since(alarm.since)}: {alarm.reason}"
