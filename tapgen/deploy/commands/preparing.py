"""Making what every environment of an account and Region needs first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapgen.deploy.commands.options import environment_option, region_option, uncommitted_option
from tapgen.deploy.commands.preconditions import aws_in, interruptible, project_beside
from tapgen.terminal import tell

if TYPE_CHECKING:
    from tapgen.deploy.target import Project


@click.command()
@environment_option
@region_option
@uncommitted_option
@click.pass_obj
def bootstrap(config: Path, name: str, region: str, uncommitted: bool) -> None:
    """Make the bucket and the roles that deployments need, once per account and Region."""
    _shared(config, "bootstrap", name, region, uncommitted)


@click.command()
@environment_option
@region_option
@uncommitted_option
@click.pass_obj
def registry(config: Path, name: str, region: str, uncommitted: bool) -> None:
    """Make the repositories of the images, once per account and Region."""
    _shared(config, "registry", name, region, uncommitted)


def _shared(config: Path, stack: str, name: str, region: str, uncommitted: bool) -> None:
    from tapgen.deploy import guard
    from tapgen.deploy.deployment import deploy_shared

    project = project_beside(config, built=False)
    account, home = _home(project, name, region)
    guard.reviewed(project, [f"{stack}.yaml"], uncommitted=uncommitted)
    aws = aws_in(home)
    guard.caller(aws, account, home)
    with interruptible(project.shared_stack(stack), home):
        changed = deploy_shared(aws, project, stack, tell)
    click.echo(f"{project.shared_stack(stack)} is what its template says{'' if changed else '; nothing had to change'}")


def _home(project: Project, name: str, region: str) -> tuple[str, str]:
    """The account and Region of an environment, or of all where they have one in common."""
    from tapgen.deploy import guard

    if name:
        environment = project.environment(name)
        return environment.account, environment.region
    homes = [each for each in project.homes() if region in ("", each[1])]
    if len(homes) > 1:
        account = guard.identity(aws_in(homes[0][1])).account
        homes = [each for each in homes if each[0] == account]
    if len(homes) != 1:
        known = ", ".join(f"{account} in {home}" for account, home in project.homes())
        raise guard.RefusedError(
            f"environments are in {known}: it is not clear which is meant",
            "say ENV=… or REGION=…, or choose AWS_PROFILE",
        )
    return homes[0]
