"""Changing an environment, and deleting it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapgen.deploy.commands.options import environment_option, region_option, uncommitted_option
from tapgen.deploy.commands.preconditions import checked, interruptible
from tapgen.terminal import tell

if TYPE_CHECKING:
    from tapgen.deploy.aws import Aws


@click.command()
@environment_option
@region_option
@uncommitted_option
@click.option("--apart", is_flag=True, help="Upload where no deployment looks: for what nobody has merged yet.")
@click.pass_obj
def preview(config: Path, name: str, region: str, uncommitted: bool, apart: bool) -> None:
    """Show what a deployment would change, resource by resource."""
    from tapgen.deploy import deployment as steps
    from tapgen.deploy import peak
    from tapgen.deploy.outline import outline

    project, environment, aws, caller = checked(config, name, region, uncommitted=uncommitted)
    folder = environment.preview_name if apart else ""
    prepared = steps.ready(aws, project, environment, caller, tell, folder=folder)
    templates = project.of_environment(environment.name)
    found = steps.preview(aws, prepared, templates, tell)
    if not found:
        click.echo(f"{environment.stack_name} is what its templates say: nothing would change")
        return
    for line in (outline(found, environment.stack_name), *peak.lines(templates, found)):
        click.echo(line)
    tell("Next: merge it" if apart else f"Next: make deploy ENV={environment.name} CHANGESET={found.name}")


@click.command()
@environment_option
@region_option
@uncommitted_option
@click.option("--change-set", default="", metavar="NAME", help="Do exactly what `preview` has shown.")
@click.option("--anyway", is_flag=True, help="Do also what is refused for what runs, or for the way of requests.")
@click.pass_obj
def deploy(config: Path, name: str, region: str, uncommitted: bool, change_set: str, anyway: bool) -> None:
    """Make an environment what its checked-in templates say."""
    from tapgen.deploy import deployment as steps
    from tapgen.deploy import running_versions

    project, environment, aws, caller = checked(config, name, region, uncommitted=uncommitted)
    running_versions.settled(aws, environment, anyway=anyway)
    prepared = steps.ready(aws, project, environment, caller, tell)
    with interruptible(environment.stack_name, aws.region):
        changed = steps.deploy(aws, project, prepared, change_set, tell, anyway=anyway)
    click.echo(f"{environment.stack_name} is what its templates say" + ("" if changed else "; nothing had to change"))
    tell(f"Next: make smoke ENV={environment.name}")


@click.command()
@environment_option
@region_option
@click.option("--confirm", default="", metavar="ENV", help="The name once more, instead of asking for it.")
@click.option("--shared", is_flag=True, help="Bootstrap and registry of the account and Region, not an environment.")
@click.option("--purge", is_flag=True, help="Delete what the templates keep, too: data, keys, logs, images.")
@click.pass_obj
def destroy(config: Path, name: str, region: str, confirm: str, shared: bool, purge: bool) -> None:
    """Delete an environment, and say what stays and what that costs."""
    from tapgen.deploy import stacks
    from tapgen.deploy.guard import RefusedError
    from tapgen.deploy.target import SHARED

    project, environment, aws, _ = checked(config, name, region)
    names = [environment.stack_name]
    if shared:
        names = [project.shared_stack(each) for each in reversed(SHARED)]
        homes = [
            each
            for each in project.configuration.environments.values()
            if (each.account, each.region) == (environment.account, environment.region)
        ]
        if left := [each.stack_name for each in homes if stacks.find(aws, each.stack_name)]:
            raise RefusedError(f"still there, and in need of them: {', '.join(left)}", "make destroy ENV=… first")
    found = [stack for each in names if (stack := stacks.find(aws, each))]
    if not found:
        click.echo(f"{' and '.join(names)}: not there, so there is nothing to delete")
    else:
        _confirm(", ".join(names), environment.name, confirm, purge=purge)
    for stack in found:
        with interruptible(stack.name, aws.region):
            _remove(aws, stack.name, purge=purge)


def _confirm(stack: str, name: str, said: str, *, purge: bool) -> None:
    """Ask for the name of what is to be deleted, where somebody can answer."""
    from tapgen.deploy.guard import RefusedError

    if not said and sys.stdin.isatty():
        what = "with all data, keys, logs and images" if purge else "but for what its templates keep"
        said = click.prompt(f"Deletes {stack}, {what}. Its environment's name, to go on", default="", err=True)
    if said != name:
        raise RefusedError(f"{stack} stays: its deletion is not confirmed", f"say it: CONFIRM={name}")


def _remove(aws: Aws, name: str, *, purge: bool) -> None:
    from tapgen.deploy import stacks
    from tapgen.deploy.kept import holdings
    from tapgen.deploy.kept import purge as purged
    from tapgen.deploy.removal import remove
    from tapgen.deploy.words import thing

    stack = stacks.find(aws, name)
    if not stack:
        return
    found = holdings(aws, stack.id) if stack.exists else []
    remove(aws, stack, found)
    click.echo(f"{name} is gone")
    for each in found:
        if each.kept:
            what = purged(aws, each) if purge else f"stays, {each.cost}"
            click.echo(f"  {thing(each.type)} {each.physical_id} {what}")
