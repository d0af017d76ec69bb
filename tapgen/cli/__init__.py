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
from tapgen.terminal import command_line, printing


@command_line(
    "Beside it is templates_out, or for shop.yaml shop_templates_out.",
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
)
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
