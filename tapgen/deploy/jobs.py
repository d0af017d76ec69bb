"""Running a job now, following it to its end, and telling how the last runs went."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tapgen.config.environment import Environment
from tapgen.config.job import Job
from tapgen.config.suggest import did_you_mean
from tapgen.config.workload import APP
from tapgen.deploy import logs, stacks
from tapgen.deploy.aws import Answer, Aws, pages
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.stacks import Stack
from tapgen.deploy.tasks import why_stopped
from tapgen.errors import ConfigError, Problem, TapgenError
from tapgen.stack import logical_id

PATIENCE = 2.0
"""Seconds between two looks at a task."""

Tell = Callable[[str], None]


class NotStartedError(TapgenError):
    """AWS took the job, and could not start its task."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True)
class Run:
    """What a deployed job runs with, as its stack tells."""

    task_definition: str
    cluster: str
    subnets: str
    group: str
    provider: str


def named(environment: Environment, name: str) -> Job:
    """The job of that name.

    Raises:
        ConfigError: there is none.
    """
    if name in environment.jobs:
        return environment.jobs[name]
    message = f"there is no job {name!r} in {environment.name}" if name else "which job? Say: TASK=…"
    hint = did_you_mean(name, environment.jobs) if name else ""
    raise ConfigError([Problem(message, allowed=", ".join(environment.jobs), hint=hint)])


def words(command: str) -> list[str]:
    """A command as a shell takes it apart; nothing of it is expanded.

    Raises:
        ConfigError: a quote has no end.
    """
    try:
        return shlex.split(command)
    except ValueError as error:
        raise ConfigError([Problem(f"COMMAND cannot be taken apart: {error}")]) from None


def deployed(aws: Aws, root: Stack, job: Job) -> Run:
    """The job as it is deployed.

    Raises:
        AwsError: AWS could not be asked.
        RefusedError: it is not deployed.
    """
    nested = stacks.nested(aws, root.id).get(logical_id(job.stack))
    told = stacks.get(aws, nested).outputs if nested else {}
    if "TaskDefinitionArn" not in told:
        raise RefusedError(f"the job {job.name} is not deployed to {root.name} yet", "make deploy ENV=… first")
    return Run(
        told["TaskDefinitionArn"],
        told["ClusterName"],
        told["SubnetIds"],
        told["SecurityGroupId"],
        told["CapacityProvider"],
    )


def start(aws: Aws, run: Run, command: Sequence[str]) -> Answer:
    """Start a task, with *command* in place of its own where one is given.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html

    Raises:
        AwsError: AWS could not be asked.
        NotStartedError: there is no room for it.
    """
    network = {"subnets": run.subnets.split(","), "securityGroups": [run.group], "assignPublicIp": "DISABLED"}
    override = {"containerOverrides": [{"name": APP, "command": list(command)}]}
    answer = aws(
        "ecs",
        "run-task",
        *("--cluster", run.cluster, "--task-definition", run.task_definition, "--count", "1"),
        *("--capacity-provider-strategy", f"capacityProvider={run.provider},weight=1"),
        *("--network-configuration", json.dumps({"awsvpcConfiguration": network})),
        *("--started-by", "tapgen-task", "--enable-ecs-managed-tags", "--propagate-tags", "TASK_DEFINITION"),
        *(("--overrides", json.dumps(override)) if command else ()),
    )
    if not answer["tasks"]:
        reasons = ", ".join(each.get("reason", "no reason given") for each in answer.get("failures", []))
        raise NotStartedError(f"error: AWS did not start the task: {reasons}")
    task: Answer = answer["tasks"][0]
    return task


def follow(aws: Aws, task: Answer, tell: Tell, patience: float = PATIENCE) -> Answer:
    """The task once it has stopped; what it writes is told as it comes.

    Raises:
        AwsError: AWS could not be asked.
    """
    log, token = logs.stream(aws, task), ""
    while True:
        (now,) = aws("ecs", "describe-tasks", "--cluster", task["clusterArn"], "--tasks", task["taskArn"])["tasks"]
        over = now["lastStatus"] == "STOPPED"
        if over:
            time.sleep(patience)  # the last lines may be on their way yet
        if log:
            token = _tell_more(aws, log, token, tell)
        if over:
            return Answer(now)
        time.sleep(patience)


def _tell_more(aws: Aws, log: logs.Stream, token: str, tell: Tell) -> str:
    """Tell every page that there is by now: the last one leads to itself."""
    while True:
        lines, following = log.after(aws, token)
        for line in lines:
            tell(line)
        if following == token or not lines:
            return following
        token = following


def exit_code(task: Answer) -> int:
    """The code that the job's container ended with.

    Raises:
        NotStartedError: it never ran.
    """
    codes = [each.get("exitCode") for each in task.get("containers", []) if each["name"] == APP]
    if not codes or codes[0] is None:
        raise NotStartedError(f"error: the job did not run: {why_stopped(task)}")
    return int(codes[0])


def lines(aws: Aws, environment: Environment, cluster: str) -> Iterator[str]:
    """Every job of an environment, when it starts and how its last run went, for people.

    ECS tells of a stopped task for about an hour, and EventBridge Scheduler not of the next start at all.

    Raises:
        AwsError: AWS could not be asked.
    """
    found = _tasks(aws, cluster) if environment.jobs else []
    width = max(map(len, environment.jobs), default=0)
    for job in environment.jobs.values():
        family = f"family:{environment.stack_name}-{logical_id(job.stack)}-"
        runs = [each for each in found if each.get("group", "").startswith(family)]
        yield f"  job {job.name:<{width}}  {_when(job)}; {_last(runs)}"


def _when(job: Job) -> str:
    if not job.schedule:
        return "on request"
    return f"{job.schedule} in {job.timezone}{'' if job.enabled else ', which is off'}"


def _last(runs: Sequence[Answer]) -> str:
    going_on = [each for each in runs if each["lastStatus"] != "STOPPED"]
    if going_on:
        return f"{len(going_on)} running"
    if not runs:
        return "no run in the last hour"
    newest = max(runs, key=lambda each: str(each.get("stoppedAt", "")))
    codes = [each.get("exitCode") for each in newest.get("containers", []) if each["name"] == APP]
    return "the last run succeeded" if codes == [0] else f"the last run failed: {why_stopped(newest)}"


def _tasks(aws: Aws, cluster: str) -> list[Answer]:
    """The tasks of a cluster, the stopped ones too, as far as ECS knows them.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
    """
    states = ("RUNNING", "STOPPED")
    listed = [aws("ecs", "list-tasks", "--cluster", cluster, "--desired-status", each)["taskArns"] for each in states]
    arns = [arn for each in listed for arn in each]
    parts = pages(arns, 100)
    answers = [aws("ecs", "describe-tasks", "--cluster", cluster, "--tasks", *page) for page in parts]
    return [each for answer in answers for each in answer["tasks"]]
