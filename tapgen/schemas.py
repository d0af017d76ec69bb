"""AWS's schemas of the types of resources, as cfn-lint ships them.

The files are read without importing cfn-lint, which would cost half a second at every start. Their layout is cfn-lint's
own business: this is the one place that knows it, and its test fails when it changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

Schema = dict[str, Any]

COMMON = "us-east-1"
"""The Region whose types stand for those of a Region that cfn-lint does not know."""

HANDLERS = ("create", "read", "update", "delete")


def schema(kind: str, region: str) -> Schema:
    """What AWS says about resources of type *kind* in *region*; nothing about a type that it does not know."""
    name = _types(region).get(kind)
    return _read(_schemas() / "resources" / f"{name}.json") if name else {}


def handlers(kind: str) -> list[str]:
    """The actions that CloudFormation calls to make, read, change and delete resources of type *kind*.

    Not those with which it lists what an account has: no operation on a stack does that.

    Source: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-develop.html
    """
    each = schema(kind, COMMON).get("handlers", {})
    return sorted({action for word in HANDLERS for action in each.get(word, {}).get("permissions", ())})


def released() -> str:
    """The moment that the schemas are of."""
    return str(_read(_schemas() / "version.json")["schema_date"])


def followed(node: Schema, root: Schema) -> Schema:
    """What *node*, a part of *root*, says itself and through references and alternatives, as one schema.

    Of alternatives, the properties of all are known; which go together is the linter's to say.
    """
    while "$ref" in node:
        node = _target(root, node["$ref"])
    parts = [followed(part, root) for word in ("allOf", "anyOf", "oneOf") for part in node.get(word, ())]
    merged = dict(node)
    for part in parts:
        merged["properties"] = part.get("properties", {}) | merged.get("properties", {})
        merged = part | merged
    return merged


def is_create_only(root: Schema, path: tuple[str | int, ...]) -> bool:
    """Whether a change of the property at *path* makes a new resource in the place of the old."""
    return any(_above(path, each) or _above(each, path) for each in _paths(root, "createOnlyProperties"))


def may_replace(root: Schema, path: tuple[str | int, ...]) -> bool:
    """Whether a change of the property at *path* makes a new resource in some cases, which the schema does not tell."""
    pointers = _paths(root, "conditionalCreateOnlyProperties")
    return any(_above(path, each) or _above(each, path) for each in pointers)


def is_read_only(root: Schema, path: tuple[str | int, ...]) -> bool:
    """Whether the property at *path* is AWS's to set."""
    return any(_above(each, path) for each in _paths(root, "readOnlyProperties"))


def _paths(root: Schema, word: str) -> Iterator[tuple[str, ...]]:
    """`/properties/A/*/B`, in which `*` is any entry of a list."""
    for pointer in root.get(word, ()):
        yield tuple(pointer.removeprefix("/properties/").split("/"))


def _above(path: tuple[str | int, ...], other: tuple[str | int, ...]) -> bool:
    """Whether *path* is *other*, or leads there."""
    steps = zip(path, other, strict=False)
    return len(path) <= len(other) and all(one == two or "*" in (one, two) for one, two in steps)


def _target(root: Schema, reference: str) -> Schema:
    node: Any = root
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return cast("Schema", node)


@cache
def _schemas() -> Path:
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("cfn-lint is not installed")
    return Path(spec.origin).parent / "data" / "schemas"


@cache
def _types(region: str) -> dict[str, str]:
    """The file of each type."""
    here = _schemas() / "providers" / f"{region}.json"
    return cast("dict[str, str]", _read(here if here.exists() else here.with_name(f"{COMMON}.json")))


@cache
def _read(path: Path) -> Schema:
    return cast("Schema", json.loads(path.read_text("utf-8")))
