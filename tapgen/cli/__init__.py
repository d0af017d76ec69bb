"""The command line: parse, call, print, exit."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from tapgen.cli.authoring import init, schema
from tapgen.cli.drawing import graph
from tapgen.cli.explaining import cost, reference
from tapgen.cli.linting import lint
from tapgen.cli.rendering import render
from tapgen.cli.reviewing import review
from tapgen.terminal import Commands, color, printing


def _set_color(ctx: click.Context, _: click.Parameter, wish: str) -> None:
    ctx.color = color(wish)


@click.group(
    cls=Commands,
    sections={
        "Author": ("init", "schema"),
        "Build": ("render", "lint", "review"),
        "Explain": ("reference", "graph", "cost"),
    },
    exit_codes=(
        ("0", "Fine."),
        ("1", "What was checked is not so: templates are stale or edited, lint has findings."),
        ("2", "Wrong usage or configuration; nothing was written."),
        ("3", "A bug in tapgen."),
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
    help="The configuration. Beside it is templates_out, or for shop.yaml shop_templates_out.",
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
def tapgen(ctx: click.Context, config: Path, quiet: bool) -> None:  # noqa: ARG001  # `terminal.quiet` looks for quiet
    """One short file in, a microservices platform on Amazon ECS Fargate out, as CloudFormation templates to review."""
    ctx.obj = config


for command in (init, schema, render, lint, review, reference, graph, cost):
    tapgen.add_command(command)


def main() -> None:
    """Run the command that the process was started with, and exit."""
    gc.disable()  # what such a short run makes it needs to its end: a fifth of the time of lint
    with printing():
        tapgen(prog_name="tapgen")
