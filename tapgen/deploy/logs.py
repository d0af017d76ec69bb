"""What containers wrote, as CloudWatch Logs has it."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tapgen.config.environment import Environment
from tapgen.config.suggest import did_you_mean
from tapgen.config.workload import Workload
from tapgen.deploy import stacks
from tapgen.deploy.aws import Answer, Aws, AwsError
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.stacks import Stack
from tapgen.errors import ConfigError, Problem
from tapgen.stack import logical_id

LATE = 10_000
"""Milliseconds that a line may take to arrive after another that is newer."""


@dataclass(frozen=True)
class Stream:
    """The log of one container of one task."""

    group: str
    name: str

    @property
    def _named(self) -> tuple[str, ...]:
        return ("--log-group-name", self.group, "--log-stream-name", self.name)

    def last(self, aws: Aws, lines: int) -> list[str]:
        """Its last lines; none where it ended before it wrote anything, so that there is no such stream."""
        try:
            found = aws("logs", "get-log-events", *self._named, "--limit", str(lines), "--no-start-from-head")
        except AwsError:
            return []
        return _lines(found)

    def after(self, aws: Aws, token: str) -> tuple[list[str], str]:
        """The lines after those that led to *token*, or from the first on, and what leads to the next.

        Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html

        Raises:
            AwsError: AWS could not be asked.
        """
        from_there = ("--next-token", token) if token else ()
        try:
            found = aws("logs", "get-log-events", *self._named, "--start-from-head", *from_there)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return [], token  # nothing was written yet
            raise
        return _lines(found), found["nextForwardToken"]


@dataclass(frozen=True)
class Line:
    """What a container wrote, and when."""

    id: str
    time: int
    """Milliseconds since 1970."""

    stream: str
    text: str

    def __str__(self) -> str:
        container, *_, task = self.stream.split("/")
        return f"{datetime.fromtimestamp(self.time / 1000, UTC):%H:%M:%S} {container} {task[:8]}  {self.text}"


@dataclass(frozen=True)
class Group:
    """The logs of all tasks of a service or job."""

    name: str
    container: str = ""
    """The one container whose logs are wanted, or all."""

    def since(self, aws: Aws, time: int) -> list[Line]:
        """All lines since a time, oldest first.

        Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html

        Raises:
            AwsError: AWS could not be asked.
        """
        prefix = ("--log-stream-name-prefix", f"{self.container}/") if self.container else ()
        found = aws("logs", "filter-log-events", "--log-group-name", self.name, "--start-time", str(time), *prefix)
        lines = [Line(e["eventId"], e["timestamp"], e["logStreamName"], e["message"].rstrip()) for e in found["events"]]
        return sorted(lines, key=lambda line: line.time)

    def follow(self, aws: Aws, time: int, patience: float) -> Iterator[Line]:
        """The same, and whatever is written from now on, for ever; asks again after so many seconds.

        Raises:
            AwsError: AWS could not be asked.
        """
        told = set[str]()
        while True:
            for line in self.since(aws, time):
                if line.id not in told:
                    yield line
                told.add(line.id)
                # What comes late may have an earlier time than what is told already.
                time = max(time, line.time - LATE)
            clock.sleep(patience)


def workload(environment: Environment, name: str) -> Workload:
    """The service or job of that name.

    Raises:
        ConfigError: there is none.
    """
    known = {each.name: each for each in environment.workloads.values()}
    if name in known:
        return known[name]
    message = f"there is no service or job {name!r} in {environment.name}" if name else "whose? Say: SERVICE=…"
    raise ConfigError([Problem(message, allowed=", ".join(known), hint=did_you_mean(name, known) if name else "")])


def group(aws: Aws, root: Stack, of: Workload, container: str = "") -> Group:
    """The logs of a service or job that is deployed.

    Raises:
        AwsError: AWS could not be asked.
        RefusedError: it is not deployed.
    """
    nested = stacks.nested(aws, root.id).get(logical_id(of.stack))
    found = stacks.resources(aws, nested) if nested else []
    for resource in found:
        if resource.logical_id == "LogGroup":
            return Group(resource.physical_id, container)
    raise RefusedError(f"{of.name} is not deployed to {root.name} yet", "make deploy ENV=… first")


def stream(aws: Aws, task: Answer) -> Stream | None:
    """The log of a task's first container, where its driver is that of CloudWatch.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html

    Raises:
        AwsError: AWS could not be asked.
    """
    definition = aws("ecs", "describe-task-definition", "--task-definition", task["taskDefinitionArn"])
    container = definition["taskDefinition"]["containerDefinitions"][0]
    driver = container.get("logConfiguration", {}).get("options", {})
    if "awslogs-group" not in driver:
        return None
    id_ = task["taskArn"].rpartition("/")[2]
    return Stream(driver["awslogs-group"], f"{driver.get('awslogs-stream-prefix', '')}/{container['name']}/{id_}")


def _lines(found: Answer) -> list[str]:
    return [each["message"].rstrip() for each in found["events"]]
