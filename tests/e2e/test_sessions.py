"""Commands in running tasks: what is asked of ECS, and that the session has the terminal of whoever asks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from .conftest import New
from .platform import SMALL, VENV, Done, Repository

pytestmark = pytest.mark.slow

PLUGIN = """#!/bin/sh
[ $# = 0 ] && exit
for word in "$@"; do echo "$word"; done
while read line; do echo "typed: $line"; done
"""
"""Stands in for AWS's: the CLI calls it without words, to see whether it is there, and then for the session."""


@pytest.fixture
def team(new: New, quick_aws: Mapping[str, str]) -> Repository:
    made = new(quick_aws, SMALL)
    made.ready_made()
    return made


def installed(team: Repository, tmp_path: Path) -> str:
    """The PATH, with a plugin on it."""
    plugin = tmp_path / "session-manager-plugin"
    plugin.write_text(PLUGIN)
    plugin.chmod(0o755)
    return f"{tmp_path}:{team.environment['PATH']}"


def execute(team: Repository, path: str, *words: str, typed: str = "") -> Done:
    done = subprocess.run(
        [str(VENV / "bin" / "tapgen-deploy"), "exec", "-e", "dev", *words],
        cwd=team.folder,
        env={**team.environment, "PATH": path},
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout)


def refused(done: Done, code: int, *told: str) -> None:
    assert (done.code, done.lacks(*told)) == (code, []), done.text


def test_a_command_runs_in_a_task_and_has_what_is_typed(team: Repository, tmp_path: Path) -> None:
    without, path = team.environment["PATH"], installed(team, tmp_path)
    refused(execute(team, path, "web"), 4, "dev does not allow commands in its tasks: cluster.exec is off")
    team.edit("protect: false\n", "protect: false\n    cluster: {exec: true}\n    service: {read_only: false}\n")
    refused(
        execute(team, without, "web"), 4, "the AWS CLI needs session-manager-plugin", "install it: https://docs.aws"
    )
    refused(execute(team, path, "web"), 4, "web was deployed while cluster.exec was off", "make deploy ENV=… first")
    refused(execute(team, path, "wep"), 2, "there is no service 'wep' in dev", "did you mean `web`?")
    team.deployed()

    done = execute(team, path, "web", typed="ls -l\n")
    assert done.code == 0, done.text
    assert done.lacks("/bin/sh in container app of task ", "StartSession", "eu-west-1", "typed: ls -l") == [], done.text
    target = next(json.loads(line) for line in done.text.splitlines() if line.startswith('{"Target"'))["Target"]
    where = team.service("web")
    tasks = team.aws("ecs").list_tasks(cluster=where["clusterArn"], serviceName=where["serviceName"])["taskArns"]
    assert any(arn.rpartition("/")[2] in target for arn in tasks)

    one = tasks[0].rpartition("/")[2]
    done = execute(team, path, "web", "--task", one[:8], "--command", "env", "--container", "app")
    assert (done.code, done.lacks(f"env in container app of task {one}")) == (0, []), done.text
    refused(execute(team, path, "web", "--task", "nowhere"), 4, "web has no running task nowhere", one)
    refused(execute(team, path, "web", "--container", "ap"), 2, "the task has no container 'ap'", "allowed: app")
    done = team.make("exec", "ENV=dev", "SERVICE=web", f"TASK={one}", "COMMAND=env", PATH=path)
    assert (done.code, done.lacks("env in container app of task", "StartSession")) == (0, []), done.text
