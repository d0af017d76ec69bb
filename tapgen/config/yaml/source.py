"""A YAML file as a tree of values with their places, safe against anything that a file can hold.

Values are those of YAML 1.2: only `true` and `false` are truth values, and a number is written plainly, so that `off`,
`012345678901`, `1_000` and `2026-01-01` are text. The tree is built from the parser's events, since libyaml's own
composer recurses: 200,000 brackets would end the process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tapgen.config.yaml import syntax
from tapgen.config.yaml.syntax import Mark
from tapgen.config.yaml.tree import Keys, Node, is_hidden
from tapgen.errors import ConfigError, Place, Problem

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 50_000
"""Values and keys, each alias counted as what it stands for."""

MAX_LINE = 200
"""Longer lines are not shown with a problem."""

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHOLE = re.compile(
    r"-?(0|[1-9][0-9]{0,17})"
)  # longer ones are identifiers, and Python refuses to convert endless ones
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][+-]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Source:
    """What a file says."""

    file: str
    root: Node
    lines: list[str]
    """Its lines, with `*` for the values that are never shown."""

    problems: tuple[Problem, ...]
    """What is wrong with it as YAML, where the rest could still be read."""

    beside: Mapping[str, bytes] | None = None
    """What the files hold that it names, by the name it has for them, where they are not those on disk."""

    def neighbour(self, name: str) -> bytes:
        """What a file holds that this one names.

        Raises:
            OSError: it is not there, or cannot be read.
        """
        if self.beside is None:
            return (Path(self.file).parent / name).read_bytes()
        if name not in self.beside:
            raise FileNotFoundError(name)
        return self.beside[name]

    def shown(self, place: Place) -> Place:
        """*place* with its line."""
        return _with_line(place, self.lines)


def load(path: Path, hint: str = "") -> Source:
    """Read a file; *hint* says what to do where there is none.

    Raises:
        ConfigError: it cannot be read, or is not YAML.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = f"{path} is a link that leads nowhere" if path.is_symlink() else f"{path} does not exist"
        raise ConfigError([Problem(message, hint=hint)]) from None
    except IsADirectoryError:
        raise ConfigError([Problem(f"{path} is a directory", hint=hint)]) from None
    except OSError as error:
        raise ConfigError([Problem(f"{path} cannot be read: {error.strerror}")]) from None
    return compose(data, str(path))


def compose(data: bytes, file: str) -> Source:
    """Build the tree of the YAML text *data*; *file* is what places call it.

    Raises:
        ConfigError: it is not YAML, is not text, or is larger than any configuration needs to be.
    """
    text = _decode(data, file)
    composer = _Composer(file, _BREAK.split(text), yaml.parse(text, Loader=yaml.CSafeLoader))
    try:
        root = composer.document()
    except yaml.MarkedYAMLError as error:
        mark, message, hint = syntax.explain(error, composer.lines)
        composer.complain(composer.place(mark, mark), message, hint)
    except yaml.YAMLError as error:
        composer.complain(Place(file, 1, 1), f"is not YAML: {error}")
    except _LimitError:
        pass
    else:
        return Source(file, root, composer.lines, tuple(composer.shown()))
    raise ConfigError(composer.shown())


def _decode(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise ConfigError([Problem("the file is larger than 1 MiB", Place(file, 1, 1))])
    if (position := data.find(b"\0")) >= 0:
        raise _not_text(data, position, file, "the file is binary: it holds a NUL byte")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_text(data, error.start, file, "the file is not UTF-8") from None
    if found := _UNPRINTABLE.search(text):
        position = len(text[: found.start()].encode())
        raise _not_text(text.encode(), position, file, f"U+{ord(found[0]):04X} is not a printable character")
    return text


def _not_text(data: bytes, position: int, file: str, message: str) -> ConfigError:
    before = _BREAK.split(data[:position].decode(errors="replace"))
    return ConfigError([Problem(message, Place(file, len(before), len(before[-1]) + 1), hint="save it as UTF-8 text")])


def _with_line(place: Place, lines: list[str]) -> Place:
    text = lines[place.line - 1] if place.line <= len(lines) else ""
    return replace(place, text=text if len(text) <= MAX_LINE else "")


class _LimitError(Exception):
    """The file is too much to go on with; the problem is noted."""


@dataclass
class _Composer:
    file: str
    lines: list[str]
    events: Iterator[yaml.Event]
    anchors: dict[str, Node] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0

    def document(self) -> Node:
        """The only document of the file."""
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return Node(None, Place(self.file, 1, 1))
        root = self.node(next(self.events), (), None)
        next(self.events)
        if isinstance(event := next(self.events), yaml.DocumentStartEvent):
            self.complain(self.at(event), "a second document begins here", "one file holds one document")
        return root

    def node(self, event: Any, path: Keys, key: Place | None) -> Node:
        """The value that begins with *event*."""
        place = self.at(event)
        self.count(place, path)
        match event:
            case yaml.AliasEvent():
                return self.alias(str(event.anchor), place, path, key)
            case yaml.MappingStartEvent():
                node = Node(self.mapping(path), place, key, path)
            case yaml.SequenceStartEvent():
                node = Node(self.sequence(path), place, key, path)
            case yaml.ScalarEvent():
                node = Node(resolve(event.value) if event.implicit[0] else event.value, place, key, path)
                self.hide(event, path)
        if event.tag:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.complain(place, f"tags are not supported: {tag}", "leave it out; a number in quotes is text")
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def sequence(self, path: Keys) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, (*path, len(items)), None))
        return items

    def mapping(self, path: Keys) -> dict[str, Node]:
        items: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, ("?",) * (len(path) + 1), None)
            merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]
            good = self.check_key(key, items, merge=merge)
            value = self.node(next(self.events), (*path, str(key.value) if good else "?"), key.place)
            if good:
                items[str(key.value)] = value
        return items

    def check_key(self, key: Node, items: dict[str, Node], *, merge: bool) -> bool:
        if merge:
            self.complain(key.place, "merge keys are not supported", "`defaults` and `service` say what several share")
        elif not isinstance(key.value, str):
            hint = "" if isinstance(key.value, dict | list) else "put it in quotes"
            self.complain(key.place, "a key must be text", hint)
        else:
            if (first := items.get(key.value)) and first.key:
                self.complain(
                    key.place, f"the key `{key.value}` is there already, in line {first.key.line}", "keep one of them"
                )
            return True
        return False

    def alias(self, anchor: str, place: Place, path: Keys, key: Place | None) -> Node:
        if anchor not in self.anchors:
            self.complain(place, f"there is no anchor &{anchor} before this alias")
            return Node(None, place, key, path)
        return self.copy(self.anchors[anchor], path, key, place)

    def copy(self, node: Node, path: Keys, key: Place | None, alias: Place) -> Node:
        """The node once more, under other keys; it stays in its place."""
        self.count(alias, path)
        value = node.value
        if isinstance(value, dict):
            value = {name: self.copy(item, (*path, name), item.key, alias) for name, item in value.items()}
        elif isinstance(value, list):
            value = [self.copy(item, (*path, position), None, alias) for position, item in enumerate(value)]
        elif is_hidden(path):
            self.mask(node.place.line - 1, node.place.column - 1, node.place.column - 1 + node.place.length)
        return Node(value, node.place, key, path)

    def count(self, place: Place, path: Keys) -> None:
        self.nodes += 1
        if len(path) > MAX_DEPTH:
            self.complain(place, f"is nested more than {MAX_DEPTH} levels deep")
            raise _LimitError
        if self.nodes > MAX_NODES:
            self.complain(place, f"the file holds more than {MAX_NODES} values, aliases counted as what they stand for")
            raise _LimitError

    def hide(self, event: Any, path: Keys) -> None:
        """Blot out a value that may be secret in the lines that are shown."""
        if not is_hidden(path):
            return
        start, end = event.start_mark, event.end_mark
        for number in range(start.line, min(end.line + 1, len(self.lines))):
            first = start.column if number == start.line else 0
            self.mask(number, first, end.column if number == end.line else len(self.lines[number]))

    def mask(self, number: int, start: int, end: int) -> None:
        line = self.lines[number]
        self.lines[number] = line[:start] + "*" * (end - start) + line[end:]

    def at(self, event: Any) -> Place:
        return self.place(event.start_mark, event.end_mark)

    def place(self, start: Mark | None, end: Mark | None) -> Place:
        if start is None or end is None:
            return Place(self.file, 1, 1)
        stop = end.column if end.line == start.line else len(self.lines[start.line])
        return Place(self.file, start.line + 1, start.column + 1, max(1, stop - start.column))

    def complain(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(message, place, hint=hint))

    def shown(self) -> list[Problem]:
        return [
            replace(problem, place=_with_line(problem.place, self.lines)) for problem in self.problems if problem.place
        ]


def resolve(text: str) -> str | int | float | bool | None:
    """What plain text, without quotes, means."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
