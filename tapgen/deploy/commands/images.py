"""The commands about images: parse, call, print, exit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapgen.terminal import tell

if TYPE_CHECKING:
    from tapgen.deploy.images.bringing import Brought
    from tapgen.deploy.target import Project

_some = click.option("--only", multiple=True, metavar="NAME", help="This image alone; for `make`, SERVICES=….")


@click.command()
@click.option("-e", "--environment", "name", metavar="ENV", default="", help="The environment; for `make`, ENV=….")
@_some
@click.option(
    "--builder", default="", metavar="PROGRAM", help="What to build with, instead of the first that is there."
)
@click.option("--uncommitted", is_flag=True, help="Build sources that are not committed, as they are.")
@click.pass_obj
def images(config: Path, name: str, only: tuple[str, ...], builder: str, uncommitted: bool) -> None:
    """Bring images into the registry, built here or copied, and name their digests.

    What is there already is not built again. Nothing is named where a scan finds what `registry.severity` forbids.
    """
    from tapgen.deploy import guard, target
    from tapgen.deploy.aws import Aws
    from tapgen.deploy.images.bringing import Bringer, wanted

    project = target.beside(config, built=False)
    environment = project.sole_environment(name)
    plan = wanted(environment, config.parent, only)
    if not plan.built and not plan.mirrored:
        click.echo(f"{environment.name} has no image to bring: no service says `build` or `image`")
        return
    aws = Aws(environment.region)
    guard.caller(aws, environment.account, environment.region)
    severity = project.configuration.file.registry.severity
    found = Bringer(aws, environment, severity, tell).bring(plan, builder, uncommitted=uncommitted)
    for each in found:
        click.echo(f"{each.name}  {each.digest}  {each.how}" + (f"; scan: {each.scan}" if each.scan else ""))
    if bad := [each for each in found if each.scan and each.scan.stops(severity)]:
        _stop(bad, severity)
    _record(project, environment.name, {each.name: each.digest for each in found})


@click.command()
@click.option("--from", "source", metavar="ENV", required=True, help="The environment that runs the images.")
@click.option("--to", "target", metavar="ENV", required=True, help="The environment that is to run them.")
@_some
@click.option("--from-profile", default="", metavar="PROFILE", help="Who asks AWS there, if not whom AWS_PROFILE says.")
@click.option("--to-profile", default="", metavar="PROFILE", help="Who asks AWS here, likewise.")
@click.option("--dry-run", is_flag=True, help="Show the difference, and change nothing.")
@click.pass_obj
def promote(  # one for each option
    config: Path,
    source: str,
    target: str,
    only: tuple[str, ...],
    from_profile: str,
    to_profile: str,
    dry_run: bool,
) -> None:
    """Give one environment the images of another, by digest, across accounts and Regions."""
    from tapgen.deploy import guard
    from tapgen.deploy import target as targets
    from tapgen.deploy.aws import Aws
    from tapgen.deploy.images.promotion import Side, difference
    from tapgen.deploy.images.promotion import promote as promoted

    project = targets.beside(config, built=False)
    sides = []
    for word, name, profile in (("FROM", source, from_profile), ("TO", target, to_profile)):
        environment = project.environment(name, word)
        side = Side(environment, Aws(environment.region, profile))
        guard.caller(side.aws, environment.account, environment.region)
        sides.append(side)
    steps = difference(sides[0], sides[1], only)
    if not steps:
        click.echo(f"{target} has every image of {source}")
        return
    for step in steps:
        click.echo(str(step))
    if not dry_run:
        promoted(sides[0], sides[1], steps, tell)
        _record(project, target, {step.name: step.new for step in steps})


def _stop(found: list[Brought], severity: str) -> None:
    for each in found:
        examples = f": {', '.join(each.scan.examples)}" if each.scan and each.scan.examples else ""
        tell(f"error: {each.name} has weaknesses that are {severity} or worse{examples}")
    tell(" = help: build on a newer base; `registry: {severity: …}` says what is borne. No digest was written down")
    click.get_current_context().exit(1)


def _record(project: Project, environment: str, digests: dict[str, str]) -> None:
    from tapgen.deploy.images.recording import record

    path = project.images
    if record(path, environment, digests):
        tell(f"wrote {path}\nNext: make render, review, commit, and make deploy ENV={environment}")
    else:
        tell(f"{path} names these digests already")
