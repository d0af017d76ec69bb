"""The platform as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from tapgen.cli.options import templates_folder
from tapgen.terminal import tell

_NEXT = {
    "mermaid": "put it into a Markdown file, as a code block of the language mermaid",
    "svg": "save it, and look at it in a browser: tapgen graph --format svg -o platform.svg",
    "html": "save it, and look at it in a browser: tapgen graph --format html -o platform.html",
}


@click.command()
@click.option("-e", "--environment", metavar="ENV", help="Of this environment; of the first, if not said.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("mermaid", "svg", "html")),
    default="mermaid",
    show_default=True,
    help="A page (html) tells what each part is made of, why, and where it is written.",
)
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Draw the nested templates of this folder, whoever wrote them, instead of templates_out.",
)
@click.option(
    "-o",
    "--output",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to; printed, if not said.",
)
@click.pass_obj
def graph(config: Path, environment: str | None, form: str, templates: Path | None, file: Path | None) -> None:
    """Draw the platform as its templates describe it.

    Who calls whom, what keeps data, what is in which zone of the network, and the nested stacks that all of it is in.
    """
    from tapgen.config.suggest import did_you_mean
    from tapgen.errors import ConfigError, OutputError, Problem
    from tapgen.graph import drawn, roots
    from tapgen.review.revisions import templates_in
    from tapgen.review.stacks import stacks

    folder = templates or templates_folder(config, None)
    found = stacks(templates_in(folder))
    known = roots(found)
    if not known:
        raise OutputError(f"there are no templates in {folder}; write them: tapgen render")
    if environment and environment not in known:
        text, hint = f"there is no environment {environment!r}", did_you_mean(environment, known)
        raise ConfigError([Problem(text, allowed=", ".join(known), hint=hint)])
    said = drawn(found, environment or known[0], form)
    if file:
        file.write_text(said, "utf-8")
        tell(f"wrote {file}")
    else:
        click.echo(said, nl=False)
        tell(f"Next: {_NEXT[form]}")
