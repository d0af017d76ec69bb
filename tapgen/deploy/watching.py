"""Following what is being deployed, whoever began it: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import click

from tapgen.deploy.progress import PAUSE, SILENCE, canvas
from tapgen.deploy.rollouts import Rollout
from tapgen.deploy.stacks import Stack
from tapgen.deploy.status import Observer, ServiceStatus, Snapshot, told
from tapgen.deploy.words import doing, elapsed


@dataclass
class Followed:
    """What was seen on its way, and how it ended."""

    rollouts: dict[str, Rollout] = field(default_factory=dict)
    """By ARN, as they were seen last."""

    stack: Stack | None = None
    """The root stack, if it was at work at any time."""

    _before: frozenset[str] | None = None
    """The deployments that were over when it began."""

    def see(self, now: Snapshot) -> None:
        """Keep what is going on, and what was."""
        found = {each.rollout.arn: each.rollout for each in now.services if each.rollout}
        if self._before is None:
            self._before = frozenset(arn for arn, rollout in found.items() if not rollout.going_on)
        self.rollouts |= {arn: rollout for arn, rollout in found.items() if arn not in self._before}
        if self.stack or now.root.state.busy:
            self.stack = now.root

    @property
    def anything(self) -> bool:
        """Whether there was anything to follow."""
        return bool(self.rollouts or self.stack)

    @property
    def ended_well(self) -> bool:
        """Whether nothing of it was rolled back, stopped or failed."""
        undone = bool(self.stack and any(word in self.stack.status for word in ("ROLLBACK", "FAILED")))
        return not undone and not any(each.failed for each in self.rollouts.values())


class View(Protocol):
    """How it is shown."""

    def show(self, now: Snapshot) -> None:
        """Show how things are *now*."""


def watch(observer: Observer, first: Snapshot, name: str = "") -> Followed:
    """Show what is going on until nothing is; or, with *name*, until the deployment of that service is over.

    Where that service is not being deployed yet, its turn is waited for as long as the root stack is at work.

    Raises:
        AwsError: AWS could not be asked. What goes on goes on.
    """
    followed = Followed()
    with canvas() as draw:
        view: View = Table(draw) if draw else Lines()
        now: Snapshot | None = first
        while now:
            followed.see(now)
            view.show(now)
            if _over(now, followed, name):
                break
            time.sleep(PAUSE)
            now = observer.look(name)
    return followed


def _over(now: Snapshot, followed: Followed, name: str) -> bool:
    if name and followed.rollouts:
        return not any(each.going_on for each in now.services)
    return not now.going_on


class Table:
    """How everything is, drawn anew."""

    def __init__(self, draw: Callable[[str], None]) -> None:
        self._draw = draw

    def show(self, now: Snapshot) -> None:
        self._draw("\n".join([f"{now.root.name}  {doing(now.root.status)}", *now.lines()]))


class Lines:
    """A line for whatever changes."""

    def __init__(self) -> None:
        self._begun = self._spoken = time.monotonic()
        self._before: Snapshot | None = None

    def show(self, now: Snapshot) -> None:
        before = {each.name: each for each in self._before.services} if self._before else {}
        if not self._before or self._before.root.status != now.root.status:
            self._say(f"{now.root.name}: {doing(now.root.status)}")
        for each in now.services:
            for line in _changes(before.get(each.name), each):
                self._say(f"{each.name}: {line}")
        if time.monotonic() - self._spoken > SILENCE:
            busy = [f"{each.name}: {each.row()}" for each in now.services if each.going_on]
            self._say("still at " + ("; ".join(busy) or "work"))
        self._before = now

    def _say(self, text: str) -> None:
        self._spoken = time.monotonic()
        click.echo(f"{elapsed(self._spoken - self._begun):>12}  {text}")


def _changes(before: ServiceStatus | None, now: ServiceStatus) -> Iterator[str]:
    """What is new about a service: its deployment and its traffic in one line, each alarm in another."""
    was, rollout = before.rollout if before else None, now.rollout
    news = []
    if rollout and (rollout.going_on or before) and _step(rollout) != _step(was):
        news.append(f"{rollout.doing}: {rollout.reason}" if rollout.failed and rollout.reason else rollout.doing)
    if now.weights and (before.weights != now.weights if before else now.going_on):
        news.append(str(now.weights))
    if news:
        yield "; ".join(news)
    rang = {alarm.name for alarm in before.alarms} if before else set[str]()
    yield from (told(alarm) for alarm in now.alarms if alarm.name not in rang)
    yield from (f"alarm {name} is over" for name in sorted(rang - {alarm.name for alarm in now.alarms}))


def _step(rollout: Rollout | None) -> tuple[str, ...]:
    return (rollout.arn, rollout.status, rollout.stage) if rollout else ()
