"""Whether templates are right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tapgen.cli.options import configuration_of, environments_option, output_option, templates_folder
from tapgen.terminal import tell

if TYPE_CHECKING:
    from tapgen.config.read import Configuration
    from tapgen.errors import Place


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


@click.command()
@environments_option
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="How findings are printed."
)
@output_option
@click.pass_obj
def lint(config: Path, environments: tuple[str, ...], form: str, output: Path | None) -> None:
    """Check the templates with cfn-lint and with rules of our own.

    With --format sarif the exit code is 0 whatever was found, since whoever takes such a report judges it by itself.
    """
    from tapgen.errors import OutputError
    from tapgen.lint.formats import FORMATS, exit_code
    from tapgen.lint.runner import lint
    from tapgen.write import written

    configuration, folder = configuration_of(config, environments), templates_folder(config, output)
    names = list(written(folder, environments))
    if not names:
        raise OutputError(f"there are no templates in {folder}; write them: tapgen render")
    regions = sorted({configuration.environments[name].region for name in environments or configuration.environments})
    origin = {name: place for name in names if (place := _origin(configuration, name))}
    findings = lint(folder, names, regions, config.parent / ".tapgen_cache", origin)
    click.echo(FORMATS[form](findings), nl=False)
    if not findings:
        tell(f"Next: git add {folder} && git status" if _anything_new(folder) else f"Next: git diff {folder}")
    click.get_current_context().exit(exit_code(findings, form))


def _anything_new(folder: Path) -> bool:
    """Whether there are files that git does not know, of which it shows no difference."""
    from tapgen.git import GitError, git

    try:
        return bool(git(folder, "ls-files", "--others", "--exclude-standard", "."))
    except GitError:
        return False


def _origin(configuration: Configuration, template: str) -> Place | None:
    """Where tapgen.yaml speaks of what a template holds."""
    environment, _, name = template.removesuffix(".yaml").rpartition("/")
    kind, _, rest = name.partition("-")
    path = (f"{kind}s", rest) if kind in ("service", "stack") else (_SPOKEN_OF.get(name, name),)
    return configuration.place(*path, environment=environment or None)
