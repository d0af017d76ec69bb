"""The keys that two versions of the configuration differ in, and what it is with some of them changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tapgen.attribution.documents import Documents
from tapgen.config.translate import label
from tapgen.config.yaml.source import Source
from tapgen.config.yaml.tree import Keys, Node, plain
from tapgen.errors import Place
from tapgen.review.causes import Line

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Key:
    """One key that is changed, with all that stands below it."""

    part: Literal["config", "images", "beside"]
    """Where: in `tapgen.yaml`, in the images, or in a file that `tapgen.yaml` names."""

    path: Keys
    kind: Kind
    place: Place
    """Where it stands; where it stood, if it is removed."""

    @property
    def line(self) -> Line:
        """How a person finds it."""
        name = "" if self.part == "beside" else label(self.path)
        return Line(self.place.file, self.place.line, name, self.kind)


def keys(before: Documents, after: Documents) -> list[Key]:
    """Every key that differs, in the order of the files: the topmost one of what is added or removed as a whole."""
    found = [
        *(Key("config", *each) for each in _differences(before.config.root, after.config.root)),
        *(Key("images", *each) for each in _differences(before.images.root, after.images.root)),
        *_beside(before.config, after.config),
    ]
    return sorted(found, key=lambda key: (key.part != "config", key.part, key.place.line, key.place.column))


def mixed(before: Documents, after: Documents, chosen: Collection[Key]) -> Documents:
    """*before*, with these keys as they are in *after*."""
    parts = {part: {key.path for key in chosen if key.part == part} for part in ("config", "images", "beside")}
    new = after.config.beside or {}
    swapped = {str(path[0]): new[str(path[0])] for path in parts["beside"]}
    beside = {**new, **(before.config.beside or {}), **swapped}
    config = replace(_with(before.config, after.config, parts["config"]), beside=beside)
    return Documents(config, _with(before.images, after.images, parts["images"]))


def _beside(before: Source, after: Source) -> Iterator[Key]:
    """The files that both name and that hold something else: others come and go with the key that names them."""
    old, new = before.beside or {}, after.beside or {}
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield Key("beside", (name,), "changed", Place(name, _first(old[name], new[name]), 1))


def _first(old: bytes, new: bytes) -> int:
    """The first line that differs."""
    lines = zip(old.splitlines(), new.splitlines(), strict=False)
    same = min(len(old.splitlines()), len(new.splitlines()))
    return next((number for number, (one, other) in enumerate(lines, 1) if one != other), same)


def _differences(old: Node, new: Node) -> Iterator[tuple[Keys, Kind, Place]]:
    if plain(old) == plain(new):
        return
    if not (isinstance(old.value, dict) and isinstance(new.value, dict)):
        yield new.path, "changed", _place(old, new)
        return
    for key in dict.fromkeys([*old.items, *new.items]):
        one, other = old.items.get(key), new.items.get(key)
        if one and other:
            yield from _differences(one, other)
        elif one:
            yield one.path, "removed", one.key or one.place
        elif other:
            yield other.path, "added", other.key or other.place


def _place(old: Node, new: Node) -> Place:
    """Where to point at: of a list, the first entry that is another."""
    if isinstance(old.value, list) and isinstance(new.value, list):
        was = [plain(entry) for entry in old.value]
        for position, entry in enumerate(new.value):
            if was[position : position + 1] != [plain(entry)]:
                return entry.place
    return new.shown


def _with(before: Source, after: Source, paths: Collection[Keys]) -> Source:
    root = _chosen(before.root, after.root, paths)
    return replace(before, root=root or replace(before.root, value=None), problems=())


def _chosen(old: Node | None, new: Node | None, paths: Collection[Keys]) -> Node | None:
    """*old*, with what stands at the *paths* as in *new*."""
    here = new or old
    if not paths or here is None:
        return old
    if here.path in paths:
        return new
    below = old.items if old else {}
    others = new.items if new else {}
    found = {}
    for key in dict.fromkeys([*below, *others]):
        depth = len(here.path)
        entry = _chosen(below.get(key), others.get(key), [path for path in paths if path[depth : depth + 1] == (key,)])
        if entry:
            found[key] = entry
    return replace(old or here, value=found)
