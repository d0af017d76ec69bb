"""Looking at an environment, from inside and from outside."""

from __future__ import annotations

from pathlib import Path

import click

from tapgen.deploy.commands.options import environment_option, region_option
from tapgen.deploy.commands.preconditions import absent, checked, project_beside
from tapgen.terminal import tell


@click.command()
@environment_option
@region_option
@click.pass_obj
def status(config: Path, name: str, region: str) -> None:
    """Show how an environment is: stacks, services with what is being deployed, alarms that ring, jobs."""
    from tapgen.deploy import jobs
    from tapgen.deploy.status import Observer, nested, stack_lines

    _, environment, aws, _ = checked(config, name, region)
    found = Observer(aws, environment).look()
    if not found:
        click.echo(f"{environment.stack_name} is not there")
        return
    for line in [*stack_lines(found.root, nested(aws, found.root)), *found.lines()]:
        click.echo(line)
    cluster = found.root.outputs.get("ClusterName", "")
    for line in jobs.lines(aws, environment, cluster) if cluster else ():
        click.echo(line)


@click.command()
@click.argument("service", metavar="[SERVICE]", default="")
@environment_option
@region_option
@click.pass_obj
def watch(config: Path, service: str, name: str, region: str) -> None:
    """Follow what is being deployed, by whomever, until nothing is; with SERVICE, until that one is.

    Ends with 0 where all that was followed ended well, and with 1 where something was rolled back or failed. Where
    nothing is being deployed, it says how things are, and ends with 0.
    """
    from tapgen.deploy import services
    from tapgen.deploy.status import Observer
    from tapgen.deploy.watching import watch

    _, environment, aws, _ = checked(config, name, region)
    if service:
        services.known(environment, service)
    observer = Observer(aws, environment)
    first = observer.look(service)
    if not first:
        raise absent(environment.stack_name, environment.name)
    if not first.going_on:
        for line in [f"nothing is being deployed to {environment.stack_name}", *first.lines()]:
            click.echo(line)
        return
    followed = watch(observer, first, service)
    if not followed.ended_well:
        click.get_current_context().exit(1)


@click.command()
@click.argument("workload", metavar="SERVICE")
@environment_option
@region_option
@click.option("--container", default="", help="One container alone: app, envoy, proxy, or a side-car. By default all.")
@click.option("--since", default=15, show_default=True, type=click.IntRange(1), metavar="MINUTES", help="How far back.")
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.pass_obj
def logs(config: Path, workload: str, name: str, region: str, container: str, since: int, follow: bool) -> None:
    """Print what the tasks of a service or job have written, with time, container and task."""
    import time

    from tapgen.deploy import logs, stacks

    _, environment, aws, _ = checked(config, name, region)
    wanted = logs.workload(environment, workload)
    root = stacks.find(aws, environment.stack_name)
    if not root:
        raise absent(environment.stack_name, environment.name)
    group, begin = logs.group(aws, root, wanted, container), round(1000 * (time.time() - 60 * since))
    lines = group.follow(aws, begin, patience=2) if follow else group.since(aws, begin)
    for line in lines:
        click.echo(line)
    if not lines:
        tell(f"{wanted.name} has written nothing in {since} minutes; SINCE= looks further back")


@click.command()
@environment_option
@region_option
@click.pass_obj
def outputs(config: Path, name: str, region: str) -> None:
    """Print what the root stack tells: addresses and names, one on a line."""
    from tapgen.deploy import stacks

    _, environment, aws, _ = checked(config, name, region)
    root = stacks.find(aws, environment.stack_name)
    for key, value in (root.outputs if root else {}).items():
        click.echo(f"{key}={value}")
    if not root:
        raise absent(environment.stack_name, environment.name)


@click.command()
@environment_option
@click.pass_obj
def account(config: Path, name: str) -> None:
    """Print the AWS account of an environment, as tapgen.yaml says it; asks nobody."""
    click.echo(project_beside(config).sole_environment(name).account)


@click.command()
@environment_option
@region_option
@click.option("--connect", "to", multiple=True, metavar="SCHEME=HOST:PORT", help="Connect there for http or https.")
@click.option("--cafile", type=click.Path(path_type=Path), help="Certificates to trust instead of the system's.")
@click.option("--patience", default=60.0, show_default=True, help="Seconds to go on asking for what is not there yet.")
@click.pass_obj
def smoke(config: Path, name: str, region: str, to: tuple[str, ...], cafile: Path | None, patience: float) -> None:
    """Ask for every public path from outside, and check TLS and the redirect to it."""
    from tapgen.deploy import stacks
    from tapgen.deploy.smoke import Door, smoke

    _, environment, aws, _ = checked(config, name, region)
    root = stacks.find(aws, environment.stack_name)
    if not root or "Url" not in root.outputs:
        raise absent(environment.stack_name, environment.name)
    named = environment.ingress.domain is not None
    checks = smoke(environment, Door(root.outputs["Url"], dict(map(_address, to)), cafile, named), patience)
    for check in checks:
        mark = click.style("ok  ", fg="green") if check.good else click.style("BAD ", fg="red")
        click.echo(f"{mark} {check.asked}: {check.found}")
    if not all(check.good for check in checks):
        click.get_current_context().exit(1)


def _address(text: str) -> tuple[str, tuple[str, int]]:
    scheme, _, place = text.partition("=")
    host, _, port = place.rpartition(":")
    if scheme not in ("http", "https") or not host or not port.isdecimal():
        raise click.UsageError(f"--connect {text}: say http=HOST:PORT or https=HOST:PORT")
    return scheme, (host, int(port))
