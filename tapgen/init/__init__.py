"""The first files of somebody's platform, ready to be rendered."""

from __future__ import annotations

import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tapgen.config.schema import schema
from tapgen.config.types import Name
from tapgen.errors import ConfigError, Problem
from tapgen.write import create, extended

_IGNORED = (".venv/", ".tapgen_cache/")
"""The environment that the Makefile makes, and what lint remembers."""


def init(folder: Path, name: str) -> list[Path]:
    """Write the first files of the platform called *name* into *folder*, and say which.

    A `.gitignore` that is there is added to; nothing else that exists is touched.

    Raises:
        ConfigError: no platform can have that name.
        OutputError: a file is there already, or the folder cannot be written. Nothing was written.
    """
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        allowed = "up to 63 lower-case letters, digits and single hyphens, beginning with a letter"
        raise ConfigError([Problem(f"{name!r} cannot be the name of a platform", allowed=allowed)]) from None
    texts = {
        "tapgen.yaml": _shipped("tapgen.yaml", r"^name: .*$", f"name: {name}"),
        "tapgen.schema.json": schema(),
        "Makefile": _shipped("Makefile", r"^PACKAGE .*$", f"PACKAGE ?= tapgen=={version('tapgen')}"),
    }
    ignored = folder / ".gitignore"
    if not ignored.exists():
        return create(texts | {".gitignore": "".join(f"{line}\n" for line in _IGNORED)}, folder)
    with extended(ignored, _IGNORED) as added:
        return [*create(texts, folder), *([ignored] if added else [])]


def _shipped(name: str, line: str, own: str) -> str:
    """A file of this package, with the *line* that is different for everybody."""
    return re.sub(line, own, files(__name__).joinpath(name).read_text("utf-8"), flags=re.MULTILINE)
