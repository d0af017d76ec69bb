"""Where a deployment goes: the account and Region, and what it brings there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tapgen.config.environment import Environment
from tapgen.config.read import IMAGES, Configuration, read
from tapgen.config.suggest import did_you_mean
from tapgen.errors import ConfigError, Problem
from tapgen.render import render

SHARED = ("bootstrap", "registry")
"""The stacks that the environments of an account and Region share."""


@dataclass(frozen=True)
class Project:
    """A platform as its files say it is to be."""

    configuration: Configuration
    config: Path
    folder: Path
    """Where the templates are."""

    @cached_property
    def templates(self) -> Mapping[str, str]:
        """Every template, rendered anew, by path."""
        return render(self.configuration)

    @property
    def images(self) -> Path:
        """Where the digests of the platform stand."""
        return self.config.parent / IMAGES

    @property
    def platform(self) -> str:
        return self.configuration.file.name

    def environment(self, name: str, word: str = "ENV") -> Environment:
        """The environment of that name, which make is told as *word*.

        Raises:
            ConfigError: there is none.
        """
        known = self.configuration.environments
        if name not in known:
            problem = Problem(
                f"there is no environment {name!r}" if name else f"which environment? Say: {word}=…",
                allowed=", ".join(known),
                hint=did_you_mean(name, known) if name else "",
            )
            raise ConfigError([problem])
        return known[name]

    def sole_environment(self, name: str) -> Environment:
        """The environment of that name, or the only one."""
        known = list(self.configuration.environments)
        return self.environment(known[0] if not name and len(known) == 1 else name)

    def of_environment(self, name: str) -> dict[str, str]:
        """The templates of one environment, by path."""
        return {path: text for path, text in self.templates.items() if path.startswith(f"{name}/")}

    def shared_stack(self, name: str) -> str:
        """What the stack of `bootstrap` or `registry` is called."""
        return f"{self.platform}-{name}"

    def homes(self) -> Sequence[tuple[str, str]]:
        """The accounts and Regions of the environments, each once."""
        return list(dict.fromkeys((each.account, each.region) for each in self.configuration.environments.values()))


def beside(config: Path, *, built: bool = True) -> Project:
    """Read the platform of a `tapgen.yaml` whose templates are in the folder beside it.

    Raises:
        ConfigError: the file is wrong.
    """
    own = "" if config.name == "tapgen.yaml" else f"{config.stem}_"
    return project(config, config.parent / f"{own}templates_out", built=built)


def project(config: Path, folder: Path, *, built: bool = True) -> Project:
    """Read the platform of a `tapgen.yaml`; unless *built*, images that tasks need may be missing.

    Raises:
        ConfigError: the file is wrong.
    """
    return Project(read(config, built=built), config, folder)
