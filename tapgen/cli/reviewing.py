"""What a change of the templates does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapgen.cli.options import (
    configuration_of,
    environments_option,
    must_be_there,
    only_of,
    output_option,
    templates_folder,
)
from tapgen.terminal import tell

if TYPE_CHECKING:
    from tapgen.review.review import Review


@click.command()
@click.argument("base", default="")
@environments_option
@click.option("--working", is_flag=True, help="Review what tapgen.yaml would render now, not what the folder holds.")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Compare with the templates of another folder, not with those of a revision.",
)
@click.option("--causes", "explained", is_flag=True, help="Say which lines of tapgen.yaml the changes come from.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown", "sarif", "github", "html")),
    default="text",
    show_default=True,
)
@click.option(
    "--fail-on",
    default="",
    metavar="KIND,…",
    help="Exit 1 where there is any of it, or cost>N more USD a month, and tapgen.accepted.yaml does not accept it.",
)
@output_option
@click.pass_obj
def review(  # noqa: PLR0913  # one for each option
    config: Path,
    *,
    base: str,
    environments: tuple[str, ...],
    working: bool,
    against: Path | None,
    explained: bool,
    form: str,
    fail_on: str,
    output: Path | None,
) -> None:
    """Say what the templates will do to what is running, compared with those at the revision BASE of git.

    Without BASE: where this branch left the main branch. Nothing is asked of AWS.
    """
    from tapgen.errors import OutputError
    from tapgen.review.reports import AT_LINES, FORMATS
    from tapgen.review.review import review
    from tapgen.review.revisions import base as base_of
    from tapgen.review.revisions import named, templates_at, templates_in

    if base and against:
        raise click.UsageError("BASE and --against exclude each other.")
    kinds = _kinds(fail_on)
    folder = templates_folder(config, output)
    if not folder.is_dir():
        raise OutputError(f"there are no templates in {folder}; write them: tapgen render")
    if working:
        from tapgen.render import render

        after = only_of(render(configuration_of(config, environments)), environments)
    else:
        after = templates_in(folder, environments)
    before = (
        templates_in(against, environments) if against else templates_at(folder, base or base_of(folder), environments)
    )
    must_be_there(environments, before, after)
    found = review(before, after)
    if explained:
        found = _explained(found, config, against.parent / config.name if against else base or base_of(folder))
    if form == "html":
        from tapgen.graph import page

        click.echo(page(found, "What these templates will do"), nl=False)
    else:
        click.echo(
            AT_LINES[form](found, named(folder), named(Path())) if form in AT_LINES else FORMATS[form](found), nl=False
        )
    if kinds:
        _gate(found, kinds, environments, config)


def _explained(found: Review, config: Path, before: Path | str) -> Review:
    """A review with the lines that its changes come from, since another file or a revision of the same."""
    from tapgen.attribution.causes import causes
    from tapgen.attribution.documents import documents_at, documents_in

    old = partial(documents_in, before) if isinstance(before, Path) else partial(documents_at, config, before)
    return replace(found, causes=causes(found, old, partial(documents_in, config)))


def _kinds(fail_on: str) -> list[str]:
    """What `--fail-on` names.

    Raises:
        ConfigError: something that there is not.
    """
    from tapgen.config.suggest import did_you_mean
    from tapgen.errors import ConfigError, Problem
    from tapgen.review.gate import KINDS, is_kind

    kinds = [kind.strip() for kind in fail_on.split(",") if kind.strip()]
    if unknown := [kind for kind in kinds if not is_kind(kind)]:
        allowed = [f"{kind}>50" if kind == "cost" else kind for kind in KINDS]
        raise ConfigError(
            Problem(f"--fail-on knows no {kind!r}", allowed=", ".join(allowed), hint=did_you_mean(kind, allowed))
            for kind in unknown
        )
    return kinds


def _gate(review: Review, kinds: Collection[str], environments: Collection[str], config: Path) -> None:
    """Exit 1 where a review holds what it must not."""
    from datetime import UTC, datetime

    from tapgen.config.accepted import FILE, acceptances
    from tapgen.review.gate import concerned, findings, judge

    today = datetime.now(UTC).date().isoformat()
    found = findings(review, kinds)
    left = judge(found, concerned(found, acceptances(config.with_name(FILE)), kinds, environments), today)
    for each in left:
        click.echo(f"not to be: {each}", err=True)
    if left:
        tell(f"Accept what is right in {config.with_name(FILE)}, for a reason and until a day")
        click.get_current_context().exit(1)
