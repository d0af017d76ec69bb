"""Reading `tapgen.images.yaml`: the digest of each image that an environment runs, by environment and name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated

from pydantic import TypeAdapter, ValidationError

from tapgen.config import schema, translate
from tapgen.config.image_names import image_names
from tapgen.config.overlay import WORKLOADS
from tapgen.config.suggest import did_you_mean
from tapgen.config.types import Name, looks
from tapgen.config.yaml.source import Source
from tapgen.config.yaml.tree import Node, plain
from tapgen.errors import Problem

Digest = Annotated[str, looks(r"^sha256:[0-9a-f]{64}$", "sha256: and 64 hexadecimal digits")]
ImageName = Annotated[
    str,
    looks(
        r"^[a-z](-?[a-z0-9])*(\.[a-z](-?[a-z0-9])*)?$", "the name of a service, or two names with a dot between", 127
    ),
]
Images = dict[Name, dict[ImageName, Digest]]


def digests(source: Source) -> Images:
    """The digest of each image, by environment and name; those that are not in order are left out."""
    found = plain(source.root, empty=False) if isinstance(source.root.value, dict) else {}
    return {
        environment: {name: digest for name, digest in images.items() if isinstance(digest, str)}
        for environment, images in found.items()
        if isinstance(images, dict)
    }


def problems(source: Source, environments: Mapping[str, Node]) -> Iterator[Problem]:
    """What is wrong with the file, given the resolved environments."""
    yield from source.problems
    if source.root.value is None:
        return
    try:
        _adapter().validate_python(plain(source.root, empty=False), strict=True)
    except ValidationError as error:
        yield from translate.problems(error.errors(include_url=False), source.root, source, schema.of(Images))
    for name, environment in source.root.items.items():
        if name not in environments:
            yield _unknown(source, environment, "environment", list(environments))
            continue
        known = image_names(_workloads(environments[name]), _borrowers(environments[name]))
        for key, image in environment.items.items():
            if key not in known:
                yield _unknown(source, image, "image", known)


def _workloads(environment: Node) -> dict[str, list[str]]:
    """The side-cars of each workload, by name."""
    found = {name: node.items for kind in WORKLOADS for name, node in environment.items[kind].items.items()}
    return {name: list(said["sidecars"].items) if "sidecars" in said else [] for name, said in found.items()}


def _borrowers(environment: Node) -> list[str]:
    """The jobs that run the images of services."""
    return [name for name, node in environment.items["jobs"].items.items() if "image_of" in node.items]


@cache
def _adapter() -> TypeAdapter[Images]:
    """Made when there is a file to check, and once."""
    return TypeAdapter(Images)


def _unknown(source: Source, node: Node, kind: str, known: list[str]) -> Problem:
    place, name = node.key or node.place, node.path[-1]
    return translate.at_place(source, node.path, place, f"unknown {kind}", ", ".join(known), did_you_mean(name, known))
