"""What was rendered, as a tree: every template and folder with its resources and its size."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from tapgen.parts.context import OVERRIDDEN

_RESOURCES = re.compile(r"^Resources:\n(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_TYPE = re.compile(r"^    Type: ", re.MULTILINE)


def outline(templates: Mapping[str, str], title: str) -> str:
    """Draw *templates*, rendered texts by path, as a tree under *title*: files first, else in their own order."""
    rows = list(_rows(templates, ""))
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join([title, *(f"{name:<{width}}  {_size(texts)}" for name, texts in rows)])


def _rows(templates: Mapping[str, str], indent: str) -> Iterator[tuple[str, Collection[str]]]:
    below: dict[str, dict[str, str]] = {}
    for path, text in templates.items():
        name, _, rest = path.partition("/")
        below.setdefault(name, {})[rest] = text
    names = sorted(below, key=lambda name: "" not in below[name])
    for name in names:
        branch, deeper = ("└── ", "    ") if name == names[-1] else ("├── ", "│   ")
        yield indent + branch + name, below[name].values()
        if "" not in below[name]:
            yield from _rows(below[name], indent + deeper)


def _size(texts: Collection[str]) -> str:
    """How many resources, and thousands of bytes."""
    resources = sum(len(_TYPE.findall(section)) for text in texts for section in _RESOURCES.findall(text))
    kilobytes = sum(len(text.encode()) for text in texts) / 1000
    # Long lines are folded.
    overrides = sum(" ".join(text.split()).count(OVERRIDDEN) for text in texts)
    also = f"  {overrides} override{'' if overrides == 1 else 's'}" if overrides else ""
    return f"{resources:>4} resource{' ' if resources == 1 else 's'} {kilobytes:>7.1f} kB{also}"
