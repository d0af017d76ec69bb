"""Running jobs, and commands in tasks that run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tapgen.deploy.commands.options import environment_option, region_option
from tapgen.deploy.commands.preconditions import absent, checked
from tapgen.terminal import tell


@click.command()
@click.argument("job")
@environment_option
@region_option
@click.option("--command", default="", metavar="WORDS", help="What to run in place of the job's own command.")
@click.pass_obj
def task(config: Path, job: str, name: str, region: str, command: str) -> None:
    """Run a job now, print what it writes, and end with the exit code of its container."""
    from tapgen.deploy import jobs, stacks

    _, environment, aws, _ = checked(config, name, region)
    wanted = jobs.named(environment, job)
    words = jobs.words(command)
    root = stacks.find(aws, environment.stack_name)
    if not root:
        raise absent(environment.stack_name, environment.name)
    started = jobs.start(aws, jobs.deployed(aws, root, wanted), words)
    tell(f"{job} runs as task {started['taskArn'].rpartition('/')[2]}")
    with left_alone(started["taskArn"], aws.region):
        ended = jobs.follow(aws, started, click.echo)
    code = jobs.exit_code(ended)
    tell(f"{job} ended with {code}")
    click.get_current_context().exit(code)


@click.command("exec")
@click.argument("service")
@environment_option
@region_option
@click.option("--command", default="/bin/sh", show_default=True, metavar="WORDS", help="What to run.")
@click.option("--container", default="app", show_default=True, help="The container to run it in.")
@click.option("--task", "task_id", default="", metavar="ID", help="The task, or how its id begins; else the newest.")
@click.pass_obj
def execute(  # one for each option
    config: Path, service: str, name: str, region: str, command: str, container: str, task_id: str
) -> None:
    """Run a command in a running task, with this terminal; `cluster.exec` must be on.

    It ends as `aws ecs execute-command` does, which does not tell how the command ended.
    """
    from tapgen.deploy import services, sessions, stacks

    _, environment, aws, _ = checked(config, name, region)
    services.known(environment, service)
    sessions.possible(environment)
    root = stacks.find(aws, environment.stack_name)
    if not root:
        raise absent(environment.stack_name, environment.name)
    found = services.named(aws, environment, root, service)
    task = sessions.choose(aws, found, task_id)
    words = sessions.words(task, container, command)
    tell(sessions.told(task, container, command))
    aws.become(*words)


@contextmanager
def left_alone(task: str, region: str) -> Iterator[None]:
    """Say how to stop a task when somebody presses Ctrl-C: half a migration is worse than a whole one."""
    try:
        yield
    except KeyboardInterrupt:
        tell("\nInterrupted: the task goes on. See: make status")
        tell(f"To stop it: aws ecs stop-task --cluster {task.split('/')[1]} --task {task} --region {region}")
        raise
