"""Data that the templates of a folder hold, and that would go with the next deployment: never without being told to.

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

REPLACING = {
    "AWS::DynamoDB::Table": ("KeySchema",),
    "AWS::RDS::DBCluster": ("DatabaseName", "Engine", "KmsKeyId", "MasterUsername"),
    "AWS::SQS::Queue": ("FifoQueue",),
}
"""The properties of which another value means another resource, without what the old one holds.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html ,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbcluster.html ,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
"""


def refuse_omissions(
    configuration: Configuration, rendered: Mapping[str, str], there: Mapping[str, str], folder: Path
) -> None:
    """Compare the texts *rendered* with those *there* in *folder*, both by path.

    Raises:
        ConfigError: data would be dropped or replaced that tapgen.yaml does not say to delete, or is still protected.
    """
    if problems := list(_problems(configuration, rendered, there, folder)):
        raise ConfigError(problems)


def _problems(
    configuration: Configuration, rendered: Mapping[str, str], there: Mapping[str, str], folder: Path
) -> Iterator[Problem]:
    if "registry.yaml" in rendered and set(configuration.environments) <= _environments(rendered):
        yield from _left_out(_environments(there) - set(configuration.environments), there, folder)
    for name, environment in configuration.environments.items():
        deleted = _deleted(environment)
        for path in (f"{name}/{holder}" for holder in HOLDERS):
            if f"{name}/root.yaml" not in rendered or path not in there or rendered.get(path) == there[path]:
                continue
            kept = _resources(rendered.get(path, ""))
            for title, resource in _resources(there[path]).items():
                word = next((word for word, suffix in SUFFIXES.items() if title.endswith(suffix)), "")
                if not word:
                    continue
                place = _place(folder / path, there[path], title)
                if title in kept:
                    yield from _replaced(title, resource, kept[title], place)
                elif title not in deleted:
                    yield _omitted(title, word, name, place)
                elif str(resource.get("DeletionPolicy", "")).startswith(("Retain", "Snapshot")):
                    yield _protected(deleted[title], place)


def _environments(texts: Mapping[str, str]) -> set[str]:
    return {path.partition("/")[0] for path in texts if path.endswith("/root.yaml")}


def _left_out(names: set[str], there: Mapping[str, str], folder: Path) -> Iterator[Problem]:
    """Environments that hold data, and that tapgen.yaml does not speak of any more."""
    for name in sorted(names):
        holders = [path for path in (f"{name}/{holder}" for holder in HOLDERS) if path in there]
        if holders:
            yield Problem(
                f"the environment {name} is not in tapgen.yaml any more, and its templates hold data",
                Place(str(folder / holders[0]), 1, 1, 1, there[holders[0]].partition("\n")[0]),
                "",
                f"put it back, run: make destroy ENV={name}; then take it out, and delete {folder / name}",
            )


def _replaced(title: str, before: Any, after: Any, place: Place) -> Iterator[Problem]:
    """What would be another resource, and empty."""
    old, new = before.get("Properties", {}), after.get("Properties", {})
    for name in REPLACING.get(before.get("Type"), ()):
        if old.get(name) != new.get(name):
            yield Problem(
                f"{title} would be replaced by an empty one, since another {name} is another resource",
                place,
                "",
                "give the new one another name, and keep the old one with `retired: true`; or delete the old one first",
            )


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
        "data is never dropped for being left out: `retired` keeps it out of use; to delete it and all it holds, "
        "deploy it with `protect: false` first, then with `delete: true`; and nothing may name it under `access`",
    )


def _protected(entry: str, place: Place) -> Problem:
    return Problem(
        f"{entry}: is to be deleted, and is still protected",
        place,
        "",
        "render and deploy it with `protect: false` in place of `delete: true` first",
    )
