"""Commands in running tasks: what must be so for one, and how the AWS CLI is asked for it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
"""

from __future__ import annotations

import shutil

from tapgen.config.environment import Environment
from tapgen.deploy.aws import Answer, Aws, moment
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.services import Service
from tapgen.errors import ConfigError, Problem

PLUGIN = "session-manager-plugin"
SHELL = "/bin/sh"


def possible(environment: Environment) -> None:
    """Refuse where the file does not allow it, or this machine cannot do it.

    Raises:
        RefusedError: with what to do.
    """
    if not environment.cluster.exec:
        message = f"{environment.name} does not allow commands in its tasks: cluster.exec is off"
        raise RefusedError(
            message,
            "say `cluster: {exec: true}` and `service: {read_only: false}` in tapgen.yaml, "
            f"then make deploy ENV={environment.name}",
        )
    if not shutil.which(PLUGIN):
        page = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
        raise RefusedError(f"the AWS CLI needs {PLUGIN} for this, which is not on the PATH", f"install it: {page}")


def choose(aws: Aws, service: Service, task: str = "") -> Answer:
    """A running task of a service: the one whose id begins with *task*, or the newest.

    Raises:
        RefusedError: there is none, or none that takes commands.
        AwsError: AWS could not be asked.
    """
    if not service.sessions:
        message = f"{service.name} was deployed while cluster.exec was off: its tasks take no commands"
        raise RefusedError(message, "make deploy ENV=… first")
    named = ("--cluster", service.cluster)
    arns: list[str] = aws("ecs", "list-tasks", *named, "--service-name", service.arn)["taskArns"]
    found = aws("ecs", "describe-tasks", *named, "--tasks", *arns[:100])["tasks"] if arns else []
    running = [each for each in found if each["lastStatus"] == "RUNNING"]
    wanted = [each for each in running if _id(each).startswith(task)]
    if not wanted:
        there = ", ".join(map(_id, running))
        raise RefusedError(
            f"{service.name} has no running task{f' {task}' if task else ''}",
            f"these run: {there}" if there else "make status ENV=… tells why",
        )
    return max(wanted, key=lambda each: moment(each["createdAt"]))


def words(task: Answer, container: str, command: str) -> list[str]:
    """What the AWS CLI is to be asked.

    Source: https://docs.aws.amazon.com/cli/latest/reference/ecs/execute-command.html

    Raises:
        ConfigError: the task has no such container.
    """
    known = [each["name"] for each in task["containers"]]
    if container not in known:
        raise ConfigError([Problem(f"the task has no container {container!r}", allowed=", ".join(known))])
    where = ("--cluster", task["clusterArn"], "--task", task["taskArn"], "--container", container)
    return ["ecs", "execute-command", *where, "--interactive", "--command", command]


def told(task: Answer, container: str, command: str) -> str:
    """What is about to happen, for people."""
    return f"{command} in container {container} of task {_id(task)}; the session is recorded"


def _id(task: Answer) -> str:
    return str(task["taskArn"].rpartition("/")[2])
