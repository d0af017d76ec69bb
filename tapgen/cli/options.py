"""The options that commands share, and what they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tapgen.config.read import Configuration


environments_option = click.option(
    "-e",
    "--environment",
    "environments",
    metavar="ENV",
    multiple=True,
    help="Only this environment, and nothing that environments share; may be repeated.",
)
output_option = click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder of the templates, instead of templates_out.",
)


def templates_folder(config: Path, output: Path | None) -> Path:
    """The templates of a configuration: not those of its neighbours, which pruning would remove."""
    own = "" if config.name == "tapgen.yaml" else f"{config.stem}_"
    return output or config.parent / f"{own}templates_out"


def configuration_of(config: Path, environments: Collection[str], *, built: bool = True) -> Configuration:
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


def must_be_there(environments: Collection[str], *templates: Mapping[str, str]) -> None:
    """Refuse environments of which there is no template: a name that is misspelled is not one in which nothing changes.

    Raises:
        ConfigError: there are some.
    """
    from tapgen.errors import ConfigError, Problem

    known = {path.partition("/")[0] for each in templates for path in each}
    if unknown := [name for name in environments if name not in known]:
        raise ConfigError(Problem(f"there are no templates of an environment {name!r}") for name in unknown)


def only_of(templates: Mapping[str, str], environments: Collection[str]) -> dict[str, str]:
    """The templates of some environments; all, if none is said."""
    return {path: text for path, text in templates.items() if not environments or path.split("/")[0] in environments}
