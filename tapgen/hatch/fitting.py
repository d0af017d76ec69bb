"""Whether a value fits what AWS's schema says of a property, said in the words of `tapgen.yaml`'s own errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tapgen.config.suggest import did_you_mean
from tapgen.config.translate import show
from tapgen.config.yaml.tree import Keys
from tapgen.schemas import Schema, followed

TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
}


@dataclass(frozen=True)
class Misfit:
    """One way in which a value is not what AWS takes."""

    path: Keys
    """Where in the value."""

    message: str
    allowed: str = ""
    hint: str = ""


def is_function(value: object) -> bool:
    """Whether CloudFormation computes the value."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def misfits(value: Any, node: Schema, root: Schema, path: Keys = ()) -> Iterator[Misfit]:
    """What is wrong with *value* under *node*, a part of the schema *root*; what a function computes is not judged."""
    if is_function(value):
        return
    known = followed(node, root)
    kinds = [known["type"]] if isinstance(known.get("type"), str) else known.get("type", ())
    if kinds and not any(_is(value, kind) for kind in kinds):
        hint = "put it in quotes" if "string" in kinds and isinstance(value, int | float) else ""
        yield Misfit(path, f"must be {' or '.join(WORDS[kind] for kind in kinds)}, not {show(value)}", "", hint)
    elif isinstance(value, dict):
        yield from _mapping(value, known, root, path)
    elif isinstance(value, list):
        yield from _list(value, known, root, path)
    else:
        yield from _single(value, known, path)


def _is(value: object, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _mapping(value: dict[str, Any], known: Schema, root: Schema, path: Keys) -> Iterator[Misfit]:
    for key, item in value.items():
        below = property_of(known, key)
        if below is None:
            names = known.get("properties", {})
            message = f"{key} is not a property here"
            yield Misfit((*path, key), message, ", ".join(names), did_you_mean(key, names))
        else:
            yield from misfits(item, below, root, (*path, key))
    for key in known.get("required", ()):
        if key not in value:
            yield Misfit(path, f"lacks {key}, which AWS requires")


def property_of(known: Schema, key: str) -> Schema | None:
    """What *known*, which is followed, says of the property *key*; nothing where there can be none."""
    if key in known.get("properties", {}):
        found: Schema = known["properties"][key]
        return found
    for pattern, below in known.get("patternProperties", {}).items():
        if re.search(pattern, key):
            return dict(below)
    open_ended = "properties" not in known and "object" in known.get("type", "object")
    more = known.get("additionalProperties", open_ended)
    return (more if isinstance(more, dict) else {}) if more else None


def _list(value: list[Any], known: Schema, root: Schema, path: Keys) -> Iterator[Misfit]:
    least, most = known.get("minItems", 0), known.get("maxItems")
    if len(value) < least or (most is not None and len(value) > most):
        yield Misfit(
            path, f"has {len(value)} entries", f"{least} to {most}" if most is not None else f"{least} or more"
        )
    if known.get("uniqueItems") and any(item in value[:position] for position, item in enumerate(value)):
        yield Misfit(path, "has the same entry twice")
    for position, item in enumerate(value):
        yield from misfits(item, known.get("items", {}), root, (*path, position))


def _single(value: str | float, known: Schema, path: Keys) -> Iterator[Misfit]:
    choices = known.get("enum", [known["const"]] if "const" in known else [])
    low, high = known.get("minimum"), known.get("maximum")
    if choices and value not in choices:
        yield Misfit(path, f"{show(value)} is not possible", ", ".join(map(str, choices)), did_you_mean(value, choices))
    elif isinstance(value, str):
        shortest, longest = known.get("minLength", 0), known.get("maxLength")
        if len(value) < shortest or (longest is not None and len(value) > longest):
            yield Misfit(path, f"has {len(value)} characters", f"{shortest} to {longest or 'any number'}")
        elif not _matches(known.get("pattern", ""), value):
            yield Misfit(path, f"{show(value)} is not possible", f"what matches {known['pattern']}")
    elif (low is not None and value < low) or (high is not None and value > high):
        yield Misfit(
            path, f"{show(value)} is too {'low' if low is not None and value < low else 'high'}", f"{low} to {high}"
        )


def _matches(pattern: str, value: str) -> bool:
    """AWS writes patterns for Java and JavaScript; what Python cannot read is the linter's to judge."""
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True
