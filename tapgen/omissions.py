"""Data that the templates of a folder hold and tapgen.yaml no longer speaks of: never dropped for being left out.

Rendering knows nothing of what was there before; this compares, before a folder is judged or written. The templates
that are there stand for what is deployed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tapgen.config.environment import Environment
from tapgen.config.read import Configuration
from tapgen.errors import ConfigError, Place, Problem
from tapgen.parse import parse
from tapgen.stack import logical_id

HOLDERS = ("data.yaml", "databases.yaml")
"""The templates that hold data."""

SUFFIXES = {"tables": "Table", "buckets": "Bucket", "queues": "Queue", "databases": "Cluster"}
"""How the logical id of what holds data ends, after its name, by its word in tapgen.yaml."""


def refuse_omissions(
    configuration: Configuration, rendered: Mapping[str, str], there: Mapping[str, str], folder: Path
) -> None:
    """Compare the texts *rendered* with those *there* in *folder*, both by path.

    Raises:
        ConfigError: data would be dropped that tapgen.yaml does not say to delete, or that is still protected.
    """
    if problems := list(_problems(configuration, rendered, there, folder)):
        raise ConfigError(problems)


def _problems(
    configuration: Configuration, rendered: Mapping[str, str], there: Mapping[str, str], folder: Path
) -> Iterator[Problem]:
    for name, environment in configuration.environments.items():
        deleted = _deleted(environment)
        for path in (f"{name}/{holder}" for holder in HOLDERS):
            if f"{name}/root.yaml" not in rendered or path not in there or rendered.get(path) == there[path]:
                continue
            kept = _resources(rendered.get(path, "")).keys()
            for title, resource in _resources(there[path]).items():
                word = next((word for word, suffix in SUFFIXES.items() if title.endswith(suffix)), "")
                if title in kept or not word:
                    continue
                place = _place(folder / path, there[path], title)
                if title not in deleted:
                    yield _omitted(title, word, name, place)
                elif str(resource.get("DeletionPolicy", "")).startswith(("Retain", "Snapshot")):
                    yield _protected(deleted[title], place)


def _deleted(environment: Environment) -> dict[str, str]:
    """What is said to be deleted, as it is spoken of, by logical id."""
    return {
        f"{logical_id(name)}{SUFFIXES[word]}": f"{word}.{name}"
        for word, entries in environment.stored.items()
        for name, stored in entries.items()
        if stored.delete
    }


def _resources(text: str) -> dict[str, Any]:
    return dict((parse(text) or {}).get("Resources") or {})


def _place(path: Path, text: str, title: str) -> Place:
    lines = text.splitlines()
    line = next((number for number, line in enumerate(lines) if line.startswith(f"  {title}:")), 0)
    return Place(str(path), line + 1, 3, len(title), lines[line])


def _omitted(title: str, word: str, environment: str, place: Place) -> Problem:
    return Problem(
        f"{title} is in the templates of {environment}, and not in `{word}` of tapgen.yaml any more",
        place,
        "an entry with `retired: true`, or with `delete: true`",
        "data is never dropped for being left out: `retired` keeps it out of use, `delete` deletes it and all it holds",
    )


def _protected(entry: str, place: Place) -> Problem:
    return Problem(
        f"{entry}: is to be deleted, and is still protected",
        place,
        "",
        "render and deploy it with `protect: false` in place of `delete: true` first",
    )
