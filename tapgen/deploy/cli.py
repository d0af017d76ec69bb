"""What the Makefile's targets run: parse, call, print, exit.

A command line of its own, since it talks to AWS and `tapgen` never does, and exit codes of its own, since make turns
every failure into 2.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapgen.deploy.images.commands import images, promote
from tapgen.terminal import Commands, color, printing, tell

if TYPE_CHECKING:
    from tapgen.config.model import Environment
    from tapgen.deploy.aws import Aws
    from tapgen.deploy.guard import Caller
    from tapgen.deploy.target import Project

_environment = click.option(
    "-e", "--environment", "name", metavar="ENV", default="", help="The environment; for `make`, ENV=…."
)
_region = click.option("--region", default="", metavar="REGION", help="The Region that is meant; for `make`, REGION=….")
_uncommitted = click.option(
    "--uncommitted", is_flag=True, help="Take templates that are not committed; for a local AWS only."
)


def _set_color(ctx: click.Context, _: click.Parameter, wish: str) -> None:
    ctx.color = color(wish)


@click.group(
    cls=Commands,
    sections={
        "Prepare": ("bootstrap", "registry", "images", "promote"),
        "Deploy": ("preview", "deploy", "destroy"),
        "Run": ("task",),
        "Look": ("status", "outputs", "smoke", "account"),
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
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-C",
    "--config",
    type=click.Path(path_type=Path),
    default="tapgen.yaml",
    envvar="TAPGEN_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration. Its templates are those in templates_out beside it.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    expose_value=False,
    is_eager=True,
    callback=_set_color,
    help="Colour the output; auto heeds NO_COLOR, FORCE_COLOR and whether it is a terminal.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print results only.")
@click.version_option(package_name="tapgen")
@click.pass_context
def deployment(ctx: click.Context, config: Path, quiet: bool) -> None:  # noqa: ARG001  # `terminal.quiet` looks for it
    """From the checked-in templates to a running platform, with the AWS CLI."""
    ctx.obj = config


deployment.add_command(images)
deployment.add_command(promote)


def main() -> None:
    """Run the command that the process was started with, and exit."""
    with printing():
        deployment(prog_name="tapgen-deploy")


@deployment.command()
@_environment
@_region
@_uncommitted
@click.pass_obj
def bootstrap(config: Path, name: str, region: str, uncommitted: bool) -> None:
    """Make the bucket and the roles that deployments need, once per account and Region."""
    _shared(config, "bootstrap", name, region, uncommitted)


@deployment.command()
@_environment
@_region
@_uncommitted
@click.pass_obj
def registry(config: Path, name: str, region: str, uncommitted: bool) -> None:
    """Make the repositories of the images, once per account and Region."""
    _shared(config, "registry", name, region, uncommitted)


@deployment.command()
@_environment
@_region
@_uncommitted
@click.pass_obj
def preview(config: Path, name: str, region: str, uncommitted: bool) -> None:
    """Show what a deployment would change, resource by resource."""
    from tapgen.deploy import deployment as steps
    from tapgen.deploy.outline import outline

    project, environment, aws, caller = _checked(config, name, region, uncommitted=uncommitted)
    prepared = steps.ready(aws, project, environment, caller, tell)
    found = steps.preview(aws, prepared, tell)
    if not found:
        click.echo(f"{environment.stack_name} is what its templates say: nothing would change")
        return
    click.echo(outline(found, environment.stack_name))
    tell(f"Next: make deploy ENV={environment.name} CHANGESET={found.name}")


@deployment.command()
@_environment
@_region
@_uncommitted
@click.option("--change-set", default="", metavar="NAME", help="Do exactly what `preview` has shown.")
@click.pass_obj
def deploy(config: Path, name: str, region: str, uncommitted: bool, change_set: str) -> None:
    """Make an environment what its checked-in templates say."""
    from tapgen.deploy import deployment as steps

    project, environment, aws, caller = _checked(config, name, region, uncommitted=uncommitted)
    prepared = steps.ready(aws, project, environment, caller, tell)
    with _interruptible(environment.stack_name, aws.region):
        changed = steps.deploy(aws, project, prepared, change_set, tell)
    click.echo(f"{environment.stack_name} is what its templates say" + ("" if changed else "; nothing had to change"))
    tell(f"Next: make smoke ENV={environment.name}")


@deployment.command()
@_environment
@_region
@click.option("--confirm", default="", metavar="ENV", help="The name once more, instead of asking for it.")
@click.option("--shared", is_flag=True, help="Bootstrap and registry of the account and Region, not an environment.")
@click.option("--purge", is_flag=True, help="Delete what the templates keep, too: data, keys, logs, images.")
@click.pass_obj
def destroy(config: Path, name: str, region: str, confirm: str, shared: bool, purge: bool) -> None:
    """Delete an environment, and say what stays and what that costs."""
    from tapgen.deploy import stacks
    from tapgen.deploy.guard import RefusedError
    from tapgen.deploy.target import SHARED

    project, environment, aws, _ = _checked(config, name, region)
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
        with _interruptible(stack.name, aws.region):
            _remove(aws, stack.name, purge=purge)


@deployment.command()
@_environment
@_region
@click.pass_obj
def status(config: Path, name: str, region: str) -> None:
    """Show how an environment is: its stacks, its services and its jobs."""
    from tapgen.deploy import jobs, stacks
    from tapgen.deploy.status import lines, nested, services

    _, environment, aws, _ = _checked(config, name, region)
    root = stacks.find(aws, environment.stack_name)
    if not root:
        click.echo(f"{environment.stack_name} is not there")
        return
    cluster = root.outputs.get("ClusterName", "")
    for line in lines(root, nested(aws, root), services(aws, cluster) if cluster else []):
        click.echo(line)
    for line in jobs.lines(aws, environment, cluster) if cluster else ():
        click.echo(line)


@deployment.command()
@click.argument("job")
@_environment
@_region
@click.option("--command", default="", metavar="WORDS", help="What to run in place of the job's own command.")
@click.pass_obj
def task(config: Path, job: str, name: str, region: str, command: str) -> None:
    """Run a job now, print what it writes, and end with the exit code of its container."""
    from tapgen.deploy import jobs, stacks

    _, environment, aws, _ = _checked(config, name, region)
    wanted = jobs.named(environment, job)
    words = jobs.words(command)
    root = stacks.find(aws, environment.stack_name)
    if not root:
        raise _absent(environment.stack_name, environment.name)
    started = jobs.start(aws, jobs.deployed(aws, root, wanted), words)
    tell(f"{job} runs as task {started['taskArn'].rpartition('/')[2]}")
    with _left_alone(started["taskArn"], aws.region):
        ended = jobs.follow(aws, started, click.echo)
    code = jobs.exit_code(ended)
    tell(f"{job} ended with {code}")
    click.get_current_context().exit(code)


@deployment.command()
@_environment
@_region
@click.pass_obj
def outputs(config: Path, name: str, region: str) -> None:
    """Print what the root stack tells: addresses and names, one on a line."""
    from tapgen.deploy import stacks

    _, environment, aws, _ = _checked(config, name, region)
    root = stacks.find(aws, environment.stack_name)
    for key, value in (root.outputs if root else {}).items():
        click.echo(f"{key}={value}")
    if not root:
        raise _absent(environment.stack_name, environment.name)


@deployment.command()
@_environment
@click.pass_obj
def account(config: Path, name: str) -> None:
    """Print the AWS account of an environment, as tapgen.yaml says it; asks nobody."""
    click.echo(_project(config).sole_environment(name).account)


@deployment.command()
@_environment
@_region
@click.option("--connect", "to", multiple=True, metavar="SCHEME=HOST:PORT", help="Connect there for http or https.")
@click.option("--cafile", type=click.Path(path_type=Path), help="Certificates to trust instead of the system's.")
@click.option("--patience", default=60.0, show_default=True, help="Seconds to go on asking for what is not there yet.")
@click.pass_obj
def smoke(config: Path, name: str, region: str, to: tuple[str, ...], cafile: Path | None, patience: float) -> None:
    """Ask for every public path from outside, and check TLS and the redirect to it."""
    from tapgen.deploy import stacks
    from tapgen.deploy.smoke import Door, smoke

    _, environment, aws, _ = _checked(config, name, region)
    root = stacks.find(aws, environment.stack_name)
    if not root or "Url" not in root.outputs:
        raise _absent(environment.stack_name, environment.name)
    named = environment.ingress.domain is not None
    checks = smoke(environment, Door(root.outputs["Url"], dict(map(_address, to)), cafile, named), patience)
    for check in checks:
        mark = click.style("ok  ", fg="green") if check.good else click.style("BAD ", fg="red")
        click.echo(f"{mark} {check.asked}: {check.found}")
    if not all(check.good for check in checks):
        click.get_current_context().exit(1)


def _shared(config: Path, stack: str, name: str, region: str, uncommitted: bool) -> None:
    from tapgen.deploy import guard
    from tapgen.deploy.deployment import deploy_shared

    project = _project(config, built=False)
    account, home = _home(project, name, region)
    guard.reviewed(project, [f"{stack}.yaml"], uncommitted=uncommitted)
    aws = _aws(home)
    guard.caller(aws, account, home)
    with _interruptible(project.shared_stack(stack), home):
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
        account = guard.identity(_aws(homes[0][1])).account
        homes = [each for each in homes if each[0] == account]
    if len(homes) != 1:
        known = ", ".join(f"{account} in {home}" for account, home in project.homes())
        raise guard.RefusedError(
            f"environments are in {known}: it is not clear which is meant",
            "say ENV=… or REGION=…, or choose AWS_PROFILE",
        )
    return homes[0]


def _checked(
    config: Path, name: str, region: str, *, uncommitted: bool | None = None
) -> tuple[Project, Environment, Aws, Caller]:
    """Everything that concerns an environment, once it is clear that the caller may mean it.

    With *uncommitted* said, its templates are looked at too.
    """
    from tapgen.deploy import guard

    project = _project(config)
    environment = project.environment(name) if uncommitted is not None else project.sole_environment(name)
    if uncommitted is not None:
        only = [*project.of_environment(environment.name), "bootstrap.yaml", "registry.yaml"]
        guard.reviewed(project, only, uncommitted=uncommitted)
    aws = _aws(environment.region)
    return project, environment, aws, guard.caller(aws, environment.account, environment.region, region)


def _project(config: Path, *, built: bool = True) -> Project:
    from tapgen.deploy.target import beside

    return beside(config, built=built)


def _aws(region: str) -> Aws:
    from tapgen.deploy.aws import Aws

    return Aws(region)


def _absent(stack: str, name: str) -> Exception:
    from tapgen.deploy.guard import RefusedError

    return RefusedError(f"{stack} is not there, or has nothing to tell", f"run: make deploy ENV={name}")


def _address(text: str) -> tuple[str, tuple[str, int]]:
    scheme, _, place = text.partition("=")
    host, _, port = place.rpartition(":")
    if scheme not in ("http", "https") or not host or not port.isdecimal():
        raise click.UsageError(f"--connect {text}: say http=HOST:PORT or https=HOST:PORT")
    return scheme, (host, int(port))


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


@contextmanager
def _left_alone(task: str, region: str) -> Iterator[None]:
    """Say how to stop a task when somebody presses Ctrl-C: half a migration is worse than a whole one."""
    try:
        yield
    except KeyboardInterrupt:
        tell("\nInterrupted: the task goes on. See: make status")
        tell(f"To stop it: aws ecs stop-task --cluster {task.split('/')[1]} --task {task} --region {region}")
        raise


@contextmanager
def _interruptible(stack: str, region: str) -> Iterator[None]:
    """Say what goes on when somebody presses Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        named = f"--stack-name {stack} --region {region}"
        tell(f"\nInterrupted: AWS goes on with {stack}, if it has begun. See: make status")
        tell(f"To cancel an update: aws cloudformation cancel-update-stack {named}")
        raise
