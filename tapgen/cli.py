"""The command line: parse, call, print, exit."""

from __future__ import annotations

import gc
import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapgen.terminal import Commands, color, painted, printing, quiet, tell

if TYPE_CHECKING:
    from tapgen.config.read import Configuration
    from tapgen.errors import Place
    from tapgen.review.review import Review
    from tapgen.write import Change

_REASONS = {
    "missing": "is missing",
    "changed": "differs from what tapgen.yaml renders",
    "stale": "is not rendered from tapgen.yaml any more",
    "foreign": "was not written by tapgen, which leaves it alone: move it elsewhere",
}
_FORMATS = ("text", "json", "sarif", "github")
_SPOKEN_OF = {
    "bootstrap": "ci",
    "credentials": "secrets",
    "data": "tables",
    "endpoints": "network",
    "firewall": "services",
    "monitoring": "alerts",
}
"""The word of tapgen.yaml that is nearest to a template, where that is not the template's own name."""

_environments = click.option(
    "-e",
    "--environment",
    "environments",
    metavar="ENV",
    multiple=True,
    help="Only this environment, and nothing that environments share; may be repeated.",
)
_output = click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder of the templates, instead of templates_out.",
)


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


def main() -> None:
    """Run the command that the process was started with, and exit."""
    gc.disable()  # what such a short run makes it needs to its end: a fifth of the time of lint
    with printing():
        tapgen(prog_name="tapgen")


@tapgen.command()
@click.argument("directory", type=click.Path(path_type=Path), default=".", help="Where to; here, if not said.")
@click.option("--name", default="microservices", show_default=True, help="The name of the platform.")
def init(directory: Path, name: str) -> None:
    """Write a first tapgen.yaml, with its schema and a Makefile."""
    from tapgen.init import init

    for path in init(directory, name):
        click.echo(f"wrote {path}")
    tell(f"Next: {'' if directory == Path() else f'cd {directory} && '}tapgen render")


@tapgen.command()
def schema() -> None:
    """Print the JSON Schema of tapgen.yaml."""
    from tapgen.config.schema import schema

    click.echo(schema(), nl=False)
    tell("Next: save it as tapgen.schema.json; the first line of tapgen.yaml names it to your editor")


@tapgen.command()
@_environments
@click.option(
    "--check", is_flag=True, help="Write nothing; exit 1 and say why where the templates are not as rendered."
)
@click.option("--diff", is_flag=True, help="Write nothing; exit 1 and show the difference.")
@click.option("--shared", is_flag=True, help="bootstrap.yaml and registry.yaml alone; images may be missing.")
@_output
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

    folder, configuration = _folder(config, output), _read(config, environments, built=not shared)
    templates = render_shared(configuration) if shared else _only(render(configuration), environments)
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


@tapgen.command()
@_environments
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="How findings are printed."
)
@_output
@click.pass_obj
def lint(config: Path, environments: tuple[str, ...], form: str, output: Path | None) -> None:
    """Check the templates with cfn-lint and with rules of our own.

    With --format sarif the exit code is 0 whatever was found, since whoever takes such a report judges it by itself.
    """
    from tapgen.errors import OutputError
    from tapgen.lint.formats import FORMATS, exit_code
    from tapgen.lint.runner import lint
    from tapgen.write import written

    configuration, folder = _read(config, environments), _folder(config, output)
    names = list(written(folder, environments))
    if not names:
        raise OutputError(f"there are no templates in {folder}; write them: tapgen render")
    regions = sorted({configuration.environments[name].region for name in environments or configuration.environments})
    origin = {name: place for name in names if (place := _origin(configuration, name))}
    findings = lint(folder, names, regions, config.parent / ".tapgen_cache", origin)
    click.echo(FORMATS[form](findings), nl=False)
    if not findings:
        tell(f"Next: git diff {folder}")
    click.get_current_context().exit(exit_code(findings, form))


@tapgen.command()
@click.argument("base", default="")
@_environments
@click.option("--working", is_flag=True, help="Review what tapgen.yaml would render now, not what the folder holds.")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Compare with the templates of another folder, not with those of a revision.",
)
@click.option("--format", "form", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
@click.option(
    "--fail-on",
    default="",
    metavar="KIND,…",
    help="Exit 1 where there is any of it, or cost>N more USD a month, and tapgen.accepted.yaml does not accept it.",
)
@_output
@click.pass_obj
def review(  # one for each option
    config: Path,
    base: str,
    environments: tuple[str, ...],
    working: bool,
    against: Path | None,
    form: str,
    fail_on: str,
    output: Path | None,
) -> None:
    """Say what the templates will do to what is running, compared with those at the revision BASE of git.

    Without BASE: where this branch left the main branch. Nothing is asked of AWS.
    """
    from tapgen.review.reports import FORMATS
    from tapgen.review.review import review
    from tapgen.review.revisions import base as base_of
    from tapgen.review.revisions import templates_at, templates_in

    kinds = _kinds(fail_on)
    folder = _folder(config, output)
    if working:
        from tapgen.render import render

        after = _only(render(_read(config, environments)), environments)
    else:
        after = templates_in(folder, environments)
    before = (
        templates_in(against, environments) if against else templates_at(folder, base or base_of(folder), environments)
    )
    found = review(before, after)
    click.echo(FORMATS[form](found), nl=False)
    if kinds:
        _gate(found, kinds, config)


@tapgen.command()
def reference() -> None:
    """Print every key of tapgen.yaml with its values, default and meaning (Markdown)."""
    from tapgen.config.reference import reference

    click.echo(reference(), nl=False)


@tapgen.command()
@click.option("-e", "--environment", metavar="ENV", help="Of this environment; of the first, if not said.")
@click.pass_obj
def graph(config: Path, environment: str | None) -> None:
    """Print how the layers depend on each other (Mermaid)."""
    from tapgen.graph import graph
    from tapgen.render import render

    configuration = _read(config, [environment] if environment else [])
    name = environment or next(iter(configuration.environments))
    click.echo(graph(render(configuration)[f"{name}/root.yaml"]), nl=False)
    tell("Next: put it into a Markdown file, as a code block of the language mermaid")


@tapgen.command()
@_environments
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@_output
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

    folder = _folder(config, output)
    found = stacks(templates_in(folder, environments))
    if not found:
        raise OutputError(f"there are no templates in {folder}; write them: tapgen render")
    click.echo(BILLS[form](bill(found)), nl=False)


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


def _gate(found: Review, kinds: Collection[str], config: Path) -> None:
    """Exit 1 where a review holds what it must not."""
    from datetime import UTC, datetime

    from tapgen.config.accepted import FILE, acceptances
    from tapgen.review.gate import findings, judge

    today = datetime.now(UTC).date().isoformat()
    left = judge(findings(found, kinds), acceptances(config.with_name(FILE)), today)
    for each in left:
        click.echo(f"not to be: {each}", err=True)
    if left:
        tell(f"Accept what is right in {config.with_name(FILE)}, for a reason and until a day")
        click.get_current_context().exit(1)


def _folder(config: Path, output: Path | None) -> Path:
    """The templates of a configuration: not those of its neighbours, which pruning would remove."""
    own = "" if config.name == "tapgen.yaml" else f"{config.stem}_"
    return output or config.parent / f"{own}templates_out"


def _read(config: Path, environments: Collection[str], *, built: bool = True) -> Configuration:
    """The configuration, which must know the environments, and unless *built*, may lack images.

    Raises:
        ConfigError: it does not, or is wrong.
    """
    from tapgen.config.read import read
    from tapgen.config.suggest import did_you_mean
    from tapgen.errors import ConfigError, Problem

    configuration = read(config, built=built)
    known = configuration.environments
    unknown = [name for name in environments if name not in known]
    if unknown:
        text = "there is no environment {!r}"
        raise ConfigError(
            Problem(text.format(n), allowed=", ".join(known), hint=did_you_mean(n, known)) for n in unknown
        )
    return configuration


def _only(templates: Mapping[str, str], environments: Collection[str]) -> dict[str, str]:
    return {path: text for path, text in templates.items() if not environments or path.split("/")[0] in environments}


def _origin(configuration: Configuration, template: str) -> Place | None:
    """Where tapgen.yaml speaks of what a template holds."""
    environment, _, name = template.removesuffix(".yaml").rpartition("/")
    kind, _, rest = name.partition("-")
    path = (f"{kind}s", rest) if kind in ("service", "stack") else (_SPOKEN_OF.get(name, name),)
    return configuration.place(*path, environment=environment or None)


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
