"""What the Makefile's targets run: parse, call, print, exit.

A command line of its own, since it talks to AWS and `tapgen` never does, and exit codes of its own, since make turns
every failure into 2.
"""

from __future__ import annotations

from pathlib import Path

import click

from tapgen.deploy.commands.deploying import deploy, destroy, preview
from tapgen.deploy.commands.images import images, promote
from tapgen.deploy.commands.looking import account, logs, outputs, smoke, status, watch
from tapgen.deploy.commands.preparing import bootstrap, registry
from tapgen.deploy.commands.releasing import release, rollback
from tapgen.deploy.commands.running import execute, task
from tapgen.terminal import command_line, printing


@command_line(
    "Its templates are those in templates_out beside it.",
    sections={
        "Prepare": ("bootstrap", "registry", "images", "promote"),
        "Deploy": ("preview", "deploy", "release", "rollback", "destroy"),
        "Run": ("task", "exec"),
        "Look": ("status", "watch", "logs", "outputs", "smoke", "account"),
    },
    exit_codes=(
        ("0", "Done."),
        ("1", "AWS could not do it, or what was asked of the platform is not so."),
        ("2", "Wrong usage or configuration; nothing was sent."),
        ("3", "A bug in tapgen."),
        ("4", "Refused: something is not as it must be; nothing was changed. It says what to do."),
        ("5", "AWS could not be asked: no network, no credentials, or no right."),
        ("130", "Interrupted; AWS goes on with what it has begun."),
    ),
)
def deployment(ctx: click.Context, config: Path, quiet: bool) -> None:  # noqa: ARG001  # `terminal.quiet` looks for it
    """From the checked-in templates to a running platform, with the AWS CLI."""
    ctx.obj = config


for command in (
    *(bootstrap, registry, images, promote),
    *(preview, deploy, release, rollback, destroy),
    *(task, execute),
    *(status, watch, logs, outputs, smoke, account),
):
    deployment.add_command(command)


def main() -> None:
    """Run the command that the process was started with, and exit."""
    with printing():
        deployment(prog_name="tapgen-deploy")
