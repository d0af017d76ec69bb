"""Every key of `tapgen.yaml`, for people: a section for each block, a row for each key, as the models have them."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from tapgen.config import schema
from tapgen.config.model import File
from tapgen.config.schema import Schema
from tapgen.config.types import Model, Name

HEAD = """\
# Reference of tapgen.yaml

Every block of the file and every key in it, as editors show them too. [Recipes](recipes.md) show them at work.

- `NAME` is a name that you choose: lower-case letters, digits and single hyphens, beginning with a letter.
- An environment overlays the defaults key by key, lists replace each other, and `null` takes back what was said before.
- A key without a default may be left out, unless it is required.
"""

TABLE = ("| key | value | default | meaning |", "|---|---|---|---|")

Kind = type[Model]


@dataclass
class Section:
    """One block of the file."""

    title: str
    """Where it stands, as `services.NAME.health`; what stands in `defaults` is called without it."""

    places: list[tuple[str, Kind]]
    """Where it may stand: each key, and the block that has the key."""

    @property
    def link(self) -> str:
        """As others refer to it. GitHub makes anchors of headings in this way."""
        anchor = re.sub("[^a-z0-9_ -]", "", self.title.lower()).replace(" ", "-")
        return f"[`{self.title}`](#{anchor})"


def reference() -> str:
    """The text of `docs/reference.md`."""
    found = _sections()
    described = schema.of(File)
    known = {"File": described, **described["$defs"]}
    return "\n".join([HEAD, *(_section(kind, found, known[kind.__name__]) for kind in found)])


def _sections() -> dict[Kind, Section]:
    """Every block, what it holds after it: named by the place nearest to the top of the file."""
    found: dict[Kind, Section] = {File: Section("tapgen.yaml", [])}
    queue: list[tuple[Kind, str]] = [(File, "")]
    below: dict[Kind, list[Kind]] = {}
    for kind, path in queue:
        for field, ending, inner in _blocks(kind, placed=found):
            title = f"{path}{field}{ending}"
            if inner not in found:
                found[inner] = Section(title, [])
                below.setdefault(kind, []).append(inner)
                queue.append((inner, "" if title == "defaults" else f"{title}."))
            found[inner].places.append((field + ending, kind))
    return {kind: found[kind] for kind in _in_order(File, below)}


def _in_order(kind: Kind, below: Mapping[Kind, list[Kind]]) -> Iterator[Kind]:
    yield kind
    for inner in below.get(kind, ()):
        yield from _in_order(inner, below)


def _blocks(kind: Kind, placed: Mapping[Kind, Section]) -> Iterator[tuple[str, str, Kind]]:
    """The blocks in the keys of its own that a block has, each with what follows the key in a path."""
    for name in own_fields(kind, placed):
        for ending, inner in _models(kind.model_fields[name].annotation):
            yield name, ending, inner


def _models(annotation: Any, ending: str = "") -> Iterator[tuple[str, Kind]]:
    """The models in a type: `Waf` itself, `dict[Name, Secret]` below `.NAME`, a tuple's below `[]`."""
    match get_origin(annotation):
        case None if isinstance(annotation, type) and issubclass(annotation, Model):
            yield ending, annotation
        case origin if origin is Annotated:
            yield from _models(get_args(annotation)[0], ending)
        case origin if origin in (Union, UnionType):
            for part in get_args(annotation):
                yield from _models(part, ending)
        case origin if origin is dict:
            yield from _models(get_args(annotation)[1], f"{ending}.NAME")
        case origin if origin is tuple:
            yield from _models(get_args(annotation)[0], f"{ending}[]")


def own_fields(kind: Kind, placed: Mapping[Kind, Section]) -> list[str]:
    """The keys that the section of *kind* lists: its own first, then those of bases that stand nowhere themselves."""
    names: dict[str, None] = {}
    for base in inspect.getmro(kind):
        if base is not kind and base in placed:
            break
        names |= dict.fromkeys(name for name in vars(base).get("__annotations__", {}) if name in kind.model_fields)
    return list(names)


def _section(kind: Kind, found: Mapping[Kind, Section], known: Schema) -> str:
    links = {each.__name__: section.link for each, section in found.items()}
    places = [
        f"`{key}` in {section.link}"
        for key, holder in found[kind].places
        for each, section in found.items()
        if issubclass(each, holder)
    ]
    bases = [found[base].link for base in kind.__mro__[1:] if base in found]
    required = known.get("required", ())
    rows = [_row(name, known["properties"][name], name in required, links) for name in own_fields(kind, found)]
    parts = [f"## `{found[kind].title}`", known["description"]]
    parts += [f"Stands as {_listed(places)}."] if places else []
    parts += [f"Every key of {bases[0]}, and:"] if bases else []
    return "\n\n".join([*parts, "\n".join([*TABLE, *rows])]) + "\n"


def _listed(parts: Sequence[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _row(name: str, said: Schema, required: bool, links: Mapping[str, str]) -> str:
    default = "required" if required else _default(said)
    escaped = (text.replace("|", "\\|") for text in (_value(said, links), default, said["description"]))
    return f"| `{name}` | {' | '.join(escaped)} |"


def _default(said: Schema) -> str:
    value = said.get("default")
    return "" if value is None else f"`{_text(value)}`"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(said: Schema, links: Mapping[str, str]) -> str:
    """What may be written, in words."""
    match said:
        case {"$ref": str(name)}:
            return links[name.removeprefix("#/$defs/")]
        case {"anyOf": [{"type": "array", "items": one} as several, other]} if one == other:
            return f"{_value(one, links)}; or a list of them{_entries(several, 'Items')}"
        case {"anyOf": list(several)}:
            return " or ".join(_value(one, links) for one in several if one != {"type": "null"})
        case {"type": "array"}:
            return f"list of {_value(said['items'], links)}{_entries(said, 'Items')}"
        case {"type": "object", "additionalProperties": dict(each)}:
            return f"mapping of names to {_value(each, links)}{_entries(said, 'Properties')}"
    return _single(said)


def _single(said: Schema) -> str:
    """What a value that holds no others may be."""
    kinds = said.get("type", "any value")
    words = " or ".join(_WORDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    match said:
        case {"enum": list(choices)}:
            words = ", ".join(f"`{_text(choice)}`" for choice in choices)
        case {"const": choice}:
            words = f"`{_text(choice)}`"
        case {"pattern": pattern} if pattern == _NAME:
            words = "`NAME`"
        case {"patternErrorMessage": str(allowed)}:
            words = allowed + (f"; at most {said['maxLength']} characters" if "maxLength" in said else "")
        case {"type": "integer" | "number"}:
            words = _range(said) or words
        case {"type": "string", "examples": [example, *_]}:
            words = f"text such as `{example}`"
    return words


_NAME = schema.of(Name)["pattern"]
_WORDS = {"string": "text", "integer": "whole number", "boolean": "`true` or `false`", "object": "mapping"}


def _entries(said: Schema, what: str) -> str:
    least, most = said.get(f"min{what}"), said.get(f"max{what}")
    if most is None:
        return f"; at least {least}" if least else ""
    return f"; {least} to {most} entries" if least else f"; at most {most} entries"


def _range(said: Schema) -> str:
    low, high, above = said.get("minimum"), said.get("maximum"), said.get("exclusiveMinimum")
    if above is not None:
        return f"more than {above}, up to {high}"
    if low is None:
        return ""
    return f"{low} or more" if high is None else f"{low} to {high}"
