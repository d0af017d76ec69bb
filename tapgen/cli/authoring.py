"""Begin: a first tapgen.yaml, and its schema."""

from __future__ import annotations

from pathlib import Path

import click

from tapgen.terminal import tell


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=".", help="Where to; here, if not said.")
@click.option("--name", default="microservices", show_default=True, help="The name of the platform.")
def init(directory: Path, name: str) -> None:
    """Write a first tapgen.yaml, with its schema and a Makefile."""
    from tapgen.init import init

    for path in init(directory, name):
        click.echo(f"wrote {path}")
    tell(f"Next: {'' if directory == Path() else f'cd {directory} && '}tapgen render")


@click.command()
def schema() -> None:
    """Print the JSON Schema of tapgen.yaml."""
    from tapgen.config.schema import schema

    click.echo(schema(), nl=False)
    tell("Next: save it as tapgen.schema.json; the first line of tapgen.yaml names it to your editor")
