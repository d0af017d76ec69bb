"""Reading `tapgen.accepted.yaml`: what a review may find all the same, for a reason, until a day."""

from __future__ import annotations

from pathlib import Path

from tapgen.config import schema, translate
from tapgen.config.acceptance import Acceptance, Acceptances
from tapgen.config.validated import validate
from tapgen.config.yaml.source import load
from tapgen.config.yaml.tree import plain
from tapgen.errors import ConfigError

FILE = "tapgen.accepted.yaml"


def acceptances(path: Path) -> tuple[Acceptance, ...]:
    """What a file accepts; nothing where there is none.

    Raises:
        ConfigError: with everything that is wrong in it.
    """
    if not path.exists():
        return ()
    source = load(path)
    found = validate(Acceptances, plain(source.root))
    problems = [
        *source.problems,
        *translate.problems(found.mistakes, source.root, source, schema.of(Acceptances)),
    ]
    if problems or found.model is None:
        raise ConfigError(problems)
    return found.model.accepted
