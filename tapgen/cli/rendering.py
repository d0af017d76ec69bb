"""Templates from the configuration."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapgen.cli.options import configuration_of, environments_option, only_of, output_option, templates_folder
from tapgen.terminal import painted, quiet, tell

if TYPE_CHECKING:
    from tapgen.write import Change


_REASONS = {
    "missing": "is missing",
    "changed": "differs from what tapgen.yaml renders",
    "stale": "is not rendered from tapgen.yaml any more",
    "foreign": "was not written by tapgen, which leaves it alone: move it elsewhere",
}


@click.command()
@environments_option
@click.option(
    "--check", is_flag=True, help="Write nothing; exit 1 and say why where the templates are not as rendered."
)
@click.option("--diff", is_flag=True, help="Write nothing; exit 1 and show the difference.")
@click.option("--shared", is_flag=True, help="bootstrap.yaml and registry.yaml alone; images may be missing.")
@output_option
@click.pass_obj
def render(
    config: Path, environments: tuple[str, ...], check: bool, diff: bool, shared: bool, output: Path | None
) -> None:
    """Write the templates.

    Templates that tapgen wrote and that nothing renders any more are removed; files of others are never touched. Data
    that a template holds is never left out for being left out of tapgen.yaml: an explicit word says what becomes of it.
    Without -e, everything is rendered: the environments, and bootstrap.yaml and registry.yaml, which they share.
    """
    if check and diff:
        raise click.UsageError("--check and --diff exclude each other.")
    if shared and environments:
        raise click.UsageError("--shared and -e exclude each other.")
    from tapgen.omissions import refuse_omissions
    from tapgen.render import render, render_shared
    from tapgen.write import compare, write, written

    folder, configuration = templates_folder(config, output), configuration_of(config, environments, built=not shared)
    templates = render_shared(configuration) if shared else only_of(render(configuration), environments)
    only = tuple(templates) if shared else environments
    refuse_omissions(configuration, templates, written(folder, only), folder)
    if check or diff:
        _judge(compare(templates, folder, only), folder, diff)
        return
    changes = write(templates, folder, only)
    for change in changes:
        tell(f"{'removed' if change.kind == 'stale' else 'wrote'} {folder / change.path}")
    _show(templates, folder)
    tell("Next: tapgen lint" if changes else "Nothing had to change. Next: tapgen lint")


def _judge(changes: list[Change], folder: Path, diff: bool) -> None:
    """Say how the folder differs from what was rendered, and exit 1 if it does."""
    for change in changes:
        if diff and change.diff:
            click.echo(painted(change.diff), nl=False)
        if change.kind == "foreign" or not diff:
            click.echo(f"{folder / change.path} {_REASONS[change.kind]}")
    if changes:
        tell(f"Run: {' && '.join(_remedies(changes, folder))}")
        click.get_current_context().exit(1)


def _remedies(changes: list[Change], folder: Path) -> Iterator[str]:
    """The commands that make the folder what was rendered."""
    foreign = [str(folder / change.path) for change in changes if change.kind == "foreign"]
    if foreign:
        yield shlex.join(["mv", *foreign, "."])
    if any(change.kind != "foreign" or change.diff for change in changes):
        yield "make render"


def _show(templates: Mapping[str, str], folder: Path) -> None:
    from tapgen.outline import outline

    if not quiet():
        click.echo(outline(templates, str(folder)))
