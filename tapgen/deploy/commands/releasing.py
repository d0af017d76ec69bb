"""Other versions of services: forward, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapgen.deploy.commands.options import environment_option, region_option, uncommitted_option
from tapgen.deploy.commands.preconditions import aws_in, project_beside
from tapgen.terminal import tell

if TYPE_CHECKING:
    from tapgen.config.environment import Environment
    from tapgen.deploy.aws import Aws
    from tapgen.deploy.status import Observer
    from tapgen.deploy.target import Project


@click.command()
@click.argument("service")
@click.option(
    "--image", metavar="IMAGE", required=True, help="A tag or digest in the registry's repository of SERVICE."
)
@environment_option
@region_option
@uncommitted_option
@click.pass_context
def release(  # one for each option
    ctx: click.Context, service: str, image: str, name: str, region: str, uncommitted: bool
) -> None:
    """Give a service another image: write its digest down, render, show what changes; deploy once that is committed.

    IMAGE is `sha256:…`, `repository@sha256:…`, or a tag; it must be in the registry, where `make images` brings it.
    What is deployed is reviewed: where something is not committed yet, this ends after rendering, with 0, and says what
    comes next. Run again once it is committed, it deploys. In CI: run it, commit what it wrote on a branch, and let the
    merge deploy; or commit and run it again.
    """
    from tapgen.deploy.releasing import resolve

    project, environment, aws = _found(ctx.obj, service, name, region)
    digest = resolve(aws, environment, service, image)
    _carry_on(ctx, project, environment, (service, digest), uncommitted=uncommitted)


@click.command()
@click.argument("service")
@environment_option
@region_option
@uncommitted_option
@click.pass_context
def rollback(ctx: click.Context, service: str, name: str, region: str, uncommitted: bool) -> None:
    """Go back to the version of a service before.

    While the service is being deployed, a bake included, ECS goes back at once; this follows it, and writes down which
    version runs then. Otherwise it writes down the digest that tapgen.images.yaml named before, by its history in git,
    renders, and goes on as `release` does: it deploys once that is committed.
    """
    from tapgen.deploy import going_back
    from tapgen.deploy.images.history import previous
    from tapgen.deploy.releasing import resolve
    from tapgen.deploy.status import Observer

    project, environment, aws = _found(ctx.obj, service, name, region)
    observer = Observer(aws, environment)
    now = going_back.deploying(observer, service) if service in environment.services else None
    if now:
        image = going_back.go_back(observer, now)
        click.echo(f"{service} runs {image}")
        _write_down(project, observer, service, image)
        return
    before = previous(project.images, environment.name, service)
    click.echo(f"{service} goes back to {before.digest}, {before.commit}")
    resolve(aws, environment, service, before.digest)
    _carry_on(ctx, project, environment, (service, before.digest), uncommitted=uncommitted)


def _found(config: Path, image: str, name: str, region: str) -> tuple[Project, Environment, Aws]:
    """What the name of an image and of an environment mean, once it is clear that the caller may mean them."""
    from tapgen.deploy import guard
    from tapgen.deploy.releasing import releasable

    project = project_beside(config, built=False)
    environment = project.environment(name)
    releasable(environment, image)
    aws = aws_in(environment.region)
    guard.caller(aws, environment.account, environment.region, region)
    return project, environment, aws


def _carry_on(
    ctx: click.Context, project: Project, environment: Environment, image: tuple[str, str], *, uncommitted: bool
) -> None:
    """Write down, render, show; and deploy, if there is nothing to review any more."""
    from tapgen.deploy.commands.deploying import deploy
    from tapgen.deploy.releasing import prepare
    from tapgen.deploy.releasing import uncommitted as differing
    from tapgen.git import prefix

    if not uncommitted:
        prefix(project.config.parent)  # what is in no repository can never be deployed
    project, released = prepare(project, environment.name, *image)
    click.echo(str(released))
    if not uncommitted and (shown := differing(project)):
        _tell_what_comes(shown, environment.name)
        return
    ctx.invoke(deploy, name=environment.name, region="", uncommitted=uncommitted, change_set="", anyway=False)


def _write_down(project: Project, observer: Observer, name: str, image: str) -> None:
    """Let tapgen.images.yaml name what runs, since the next deployment would bring the other version again."""
    from tapgen.deploy.going_back import own_digest
    from tapgen.deploy.releasing import prepare, uncommitted

    environment, path = observer.environment, project.images
    old, digest = environment.digests.get(name, ""), own_digest(observer, name, image)
    if digest and digest != old:
        project, released = prepare(project, environment.name, name, digest)
        click.echo(f"{path} named the version that was rolled back; {released}")
        _tell_what_comes(uncommitted(project), environment.name)
    elif digest == old:
        tell(
            f"{path} names no other: what was rolled back was another change. Undo it, or the next deployment brings it"
        )
    else:
        tell(f"{path} still names {old}, which was rolled back: take that line out, then: make render")
    found = observer.look(name)
    if found and found.root.state.busy:
        stack, watch = found.root.name, f"make watch ENV={environment.name}"
        tell(f"CloudFormation's update of {stack} fails for that, and goes back. To follow it: {watch}")


def _tell_what_comes(shown: str, environment: str) -> None:
    if shown:
        click.echo(shown)
    tell(f"Next: review it (git diff), commit, and make deploy ENV={environment}")
