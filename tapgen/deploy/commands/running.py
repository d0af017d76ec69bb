"""Running jobs."""

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


@contextmanager
def left_alone(task: str, region: str) -> Iterator[None]:
    """Say how to stop a task when somebody presses Ctrl-C: half a migration is worse than a whole one."""
    try:
        yield
    except KeyboardInterrupt:
        tell("\nInterrupted: the task goes on. See: make status")
        tell(f"To stop it: aws ecs stop-task --cluster {task.split('/')[1]} --task {task} --region {region}")
        raise
