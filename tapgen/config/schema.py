"""The JSON Schema of `tapgen.yaml`: what editors complete and check by, and where errors find what is allowed."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

from tapgen.config import (
    acceptance,
    data,
    database,
    deployment,
    hatch,
    ingress,
    job,
    mesh,
    model,
    network,
    scaling,
    service,
    types,
    workload,
)
from tapgen.config.model import File
from tapgen.config.yaml.tree import Keys

Schema = dict[str, Any]


def schema() -> str:
    """The text of `tapgen.schema.json`."""
    titled = {"$schema": "https://json-schema.org/draft/2020-12/schema", **of(File), "title": "tapgen.yaml"}
    return json.dumps(titled, indent=2, ensure_ascii=False) + "\n"


@cache
def of(kind: Any) -> Schema:
    """The JSON Schema of a type."""
    # Only errors and editors need a schema: every other run goes without this import.
    from pydantic.json_schema import GenerateJsonSchema

    class WithoutTitles(GenerateJsonSchema):
        """A key needs no second name."""

        def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # as pydantic calls it
            return False

    made = TypeAdapter(kind).json_schema(schema_generator=WithoutTitles)
    documented = _docstrings()
    for name, definition in {getattr(kind, "__name__", ""): made, **made.get("$defs", {})}.items():
        for field, node in definition.get("properties", {}).items():
            definition["properties"][field] = {"description": documented[name][field], **node}
    for node in _nodes(made):
        _simplify(node)
    return made


def _docstrings() -> dict[str, dict[str, str]]:
    """The text under each field, by model and field.

    pydantic can take them too, but then reads its source for every model, at every start.
    """
    written: dict[str, dict[str, str]] = {}
    for module in (
        types,
        network,
        ingress,
        data,
        database,
        deployment,
        hatch,
        workload,
        scaling,
        service,
        mesh,
        job,
        model,
        acceptance,
    ):
        classes = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ClassDef)]
        for made in classes:
            bases = [base.id for base in made.bases if isinstance(base, ast.Name)]
            written[made.name] = {}
            for base in bases:
                written[made.name] |= written.get(base, {})
            written[made.name] |= dict(_under_fields(made))
    return written


def _under_fields(made: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(made.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                yield name, said


def at(root: Schema, path: Keys) -> Schema:
    """What *root* says of the value at *path*; nothing where no such value can be."""
    here = _follow(root, root)
    for step in path:
        below = here.get("properties", {}).get(step) or here.get("additionalProperties") or here.get("items") or {}
        here = _follow(below, root)
    return here


def _nodes(node: Any) -> Iterator[Schema]:
    match node:
        case dict():
            yield node
            for item in node.values():
                yield from _nodes(item)
        case list():
            for item in node:
                yield from _nodes(item)


def _simplify(node: Schema) -> None:
    if isinstance(node.get("description"), str):
        node["description"] = " ".join(node["description"].split())
    if isinstance(node.get("default"), dict) and ("type" in node or "$ref" in node):
        del node["default"]  # a mapping's defaults stand at its keys
    if patterns := node.pop("patternProperties", None):
        # Keys that fit no pattern would be let through.
        ((pattern, node["additionalProperties"]),) = patterns.items()
        node["propertyNames"] = {"pattern": pattern, **node.get("propertyNames", {})}


def _follow(node: Any, root: Schema) -> Schema:
    """What *node* refers to, without the possibility of being absent."""
    if not isinstance(node, dict):
        return {}
    if "$ref" in node:
        said = {key: value for key, value in node.items() if key != "$ref"}
        target: Schema = root["$defs"][node["$ref"].removeprefix("#/$defs/")]
        return target | said
    if "anyOf" in node:
        return _follow(node["anyOf"][0], root) | {key: value for key, value in node.items() if key != "anyOf"}
    return node
