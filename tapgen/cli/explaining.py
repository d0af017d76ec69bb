"""What there is to know of the configuration and of the templates."""

from __future__ import annotations

from pathlib import Path

import click

from tapgen.cli.options import environments_option, must_be_there, only_of, output_option, templates_folder


@click.command()
def reference() -> None:
    """Print every key of tapgen.yaml with its values, default and meaning (Markdown)."""
    from tapgen.config.reference import reference

    click.echo(reference(), nl=False)


@click.command()
@environments_option
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@output_option
@click.pass_obj
def cost(config: Path, environments: tuple[str, ...], form: str, output: Path | None) -> None:
    """Estimate what the templates cost a month, by stack and by kind of resource.

    By list prices that ship with tapgen, from the least to what scaling may bring; it says what it does not cover.
    """
    from tapgen.errors import OutputError
    from tapgen.review.cost import bill
    from tapgen.review.reports import BILLS
    from tapgen.review.revisions import templates_in
    from tapgen.review.stacks import stacks

    folder = templates_folder(config, output)
    templates = templates_in(folder)
    if templates:
        must_be_there(environments, templates)
    found = stacks(only_of(templates, environments))
    if not found:
        raise OutputError(f"there are no templates in {folder}; write them: tapgen render")
    click.echo(BILLS[form](bill(found)), nl=False)
