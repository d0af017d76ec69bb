"""What becomes of the tasks of an ECS service: what it is told of by ECS, the load balancer and the logs.

A failed deployment is undone within minutes, and with the service goes what could explain it; so a service is looked at
while AWS is at work on it, and the last look that saw something wrong is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from tapgen.deploy import logs, rollouts
from tapgen.deploy.aws import Answer, Aws, AwsError, at_once, moment
from tapgen.deploy.operation import Operation
from tapgen.deploy.stacks import Event

TYPE = "AWS::ECS::Service"

MESSAGES = 5
"""How many of the newest messages of a service are kept."""

LOG_LINES = 10


@dataclass(frozen=True)
class Look:
    """What was seen of a service that is being deployed."""

    messages: Sequence[str] = ()
    """What ECS says of it, newest first."""

    stopped: Sequence[str] = ()
    """Why tasks of it stopped, each reason once, with the exit codes of their containers."""

    unhealthy: Sequence[str] = ()
    """What the load balancer says of tasks that it finds unhealthy."""

    logs: Sequence[str] = ()
    """The last lines that stopped tasks wrote."""

    @property
    def troubled(self) -> bool:
        return bool(self.stopped or self.unhealthy)

    def lines(self) -> list[str]:
        """All of it, for people."""
        parts = (
            ("tasks stopped", self.stopped),
            ("the load balancer says", self.unhealthy),
            ("ECS says", self.messages),
            ("last lines of its log", self.logs),
        )
        return [line for title, found in parts if found for line in [f"{title}:", *(f"  {each}" for each in found)]]


@dataclass
class Witness:
    """Looks at services while they are being deployed, and keeps what it saw."""

    aws: Aws
    looks: dict[tuple[str, str], Look] = field(default_factory=dict)
    """By the id of the stack, and the logical id of the service in it."""

    as_asked: set[tuple[str, str]] = field(default_factory=set)
    """The services that were rolled back because somebody asked for that."""

    def __call__(self, operation: Operation, new: Sequence[Event]) -> None:
        """Look at every service that AWS is at work on, or that has just failed.

        One that fails may be told of by its ARN before only, or when it is deleted for that.
        """
        failed = [each for each in new if each.failed]
        busy = [each for track in operation.tracks.values() for each in track.busy]
        services = {(each.stack_id, each.logical_id): each for each in [*failed, *busy] if each.type == TYPE}
        for event in services.values():
            known = [
                each for each in operation.tracks[event.stack_id].events.values() if each.physical_id.startswith("arn:")
            ]
            arn = next((each.physical_id for each in known if each.logical_id == event.logical_id), "")
            if arn:
                self._look(event, arn, operation.began)
                if event.failed:
                    self._ask_why(event, arn, operation.began)

    def _ask_why(self, event: Event, arn: str, since: datetime) -> None:
        _, cluster, name = arn.split("/")
        with suppress(AwsError):  # as below
            if rollouts.went_back_as_asked(self.aws, cluster, name, since):
                self.as_asked.add((event.stack_id, event.logical_id))

    def _look(self, event: Event, arn: str, since: datetime) -> None:
        key = (event.stack_id, event.logical_id)
        try:
            found = look(self.aws, arn, since)
        except AwsError:
            return  # a service that is gone, or a right that is lacking: what fails is told without it
        before = self.looks.get(key, Look())
        if found.troubled or not before.messages:
            # A service that is being deleted tells less and less.
            self.looks[key] = replace(
                found, unhealthy=found.unhealthy or before.unhealthy, logs=found.logs or before.logs
            )


def look(aws: Aws, service_arn: str, since: datetime) -> Look:
    """What there is to see of a service; of stopped tasks, those that were made *since*.

    Raises:
        AwsError: AWS could not be asked.
    """
    _, cluster, name = service_arn.split("/")
    # Side by side, since what is looked at may be gone in a moment.
    looks = [partial(_at_tasks, aws, cluster, name, since), partial(_at_service, aws, cluster, name)]
    of_tasks, of_service = at_once(_run, looks)
    return replace(of_tasks, messages=of_service.messages, unhealthy=of_service.unhealthy)


def _run(look_at: Callable[[], Look]) -> Look:
    return look_at()


def _at_service(aws: Aws, cluster: str, name: str) -> Look:
    (service,) = aws("ecs", "describe-services", "--cluster", cluster, "--services", name)["services"]
    messages = [each["message"] for each in service.get("events", [])[:MESSAGES]]
    return Look(messages=messages, unhealthy=_unhealthy(aws, service))


def _at_tasks(aws: Aws, cluster: str, name: str, since: datetime) -> Look:
    stopped = [each for each in _stopped(aws, cluster, name) if _made(each) >= since]
    reasons = list(dict.fromkeys(why_stopped(each) for each in stopped))
    return Look(stopped=reasons, logs=_last_lines(aws, stopped[0]) if stopped else [])


def _last_lines(aws: Aws, task: Answer) -> list[str]:
    log = logs.stream(aws, task)
    return log.last(aws, LOG_LINES) if log else []


def _stopped(aws: Aws, cluster: str, service: str) -> list[Answer]:
    named = ("--cluster", cluster)
    arns = aws("ecs", "list-tasks", *named, "--service-name", service, "--desired-status", "STOPPED")["taskArns"]
    if not arns:
        return []
    tasks = aws("ecs", "describe-tasks", *named, "--tasks", *arns[:100])["tasks"]
    return sorted(tasks, key=_made, reverse=True)


def _made(task: Answer) -> datetime:
    return moment(task["createdAt"])


def why_stopped(task: Answer) -> str:
    """What ECS says of a task that has stopped, and the exit codes of its containers."""
    codes = [
        f"container {each['name']} ended with {each['exitCode']}{_meaning(each['exitCode'])}"
        for each in task.get("containers", [])
        if each.get("exitCode")
    ]
    reasons = [each["reason"] for each in task.get("containers", []) if each.get("reason")]
    told = dict.fromkeys([task.get("stoppedReason", "no reason given"), *codes, *reasons])
    return "; ".join(told)


def _meaning(code: int) -> str:
    """What the exit codes that are signals say.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
    """
    return {137: " (killed: out of memory, or it did not heed SIGTERM)", 139: " (segmentation fault)"}.get(code, "")


def _unhealthy(aws: Aws, service: Answer) -> list[str]:
    groups = [each["targetGroupArn"] for each in service.get("loadBalancers", []) if "targetGroupArn" in each]
    healths = [
        each["TargetHealth"]
        for group in groups
        for each in aws("elbv2", "describe-target-health", "--target-group-arn", group)["TargetHealthDescriptions"]
    ]
    found = [f"{each.get('Description', '')} ({each.get('Reason', '')})" for each in healths if _is_unhealthy(each)]
    return list(dict.fromkeys(found))


def _is_unhealthy(health: Answer) -> bool:
    return bool(health["State"] == "unhealthy")
