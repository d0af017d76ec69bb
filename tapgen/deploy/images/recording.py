"""Writing digests into `tapgen.images.yaml`: one value after the other, and everything else as somebody wrote it."""

from __future__ import annotations

from pathlib import Path

from tapgen.config import images
from tapgen.config.yaml.source import compose
from tapgen.config.yaml.tree import Node
from tapgen.errors import ConfigError, OutputError
from tapgen.write import replace

FIRST = (
    "# The digest of each image, by environment. `make images`, `promote`, `release` and `rollback` write it; "
    "whoever changes it by hand runs: make render\n"
)


def record(path: Path, environment: str, digests: dict[str, str]) -> bool:
    """Name *digests* as the images of an environment; whether any of them is new.

    Comments, order and layout stay, and the file is replaced whole.

    Raises:
        ConfigError: the file is no YAML.
        OutputError: it cannot be written, or is laid out in a way that cannot be added to.
    """
    before = path.read_bytes().decode("utf-8-sig") if path.exists() else FIRST
    text = before
    for name, digest in digests.items():
        text = _with(text, environment, name, digest)
    if text == before:
        return False
    was = images.digests(compose(before.encode(), str(path)))
    try:
        found = images.digests(compose(text.encode(), str(path)))
    except ConfigError:
        found = {}
    # An alias, for one, is another environment's mapping too.
    if found != was | {environment: was.get(environment, {}) | digests}:
        raise OutputError(f"{path} is not laid out so that digests can be added: put one on a line, by environment")
    replace(path.resolve(), text)
    return True


def _with(text: str, environment: str, name: str, digest: str) -> str:
    root = compose(text.encode(), "tapgen.images.yaml").root
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    here = root.items.get(environment)
    if not here or not here.key:
        start = [*lines[:-1], _ended(lines[-1], end)] if lines else []
        gap = [end] if root.items else []
        return "".join([*start, *gap, f"{environment}:{end}", f"  {name}: {digest}{end}"])
    there = here.items.get(name)
    if there and there.value is not None:
        return _replaced(lines, there, digest)
    if there and there.key:
        return _inserted(lines, there.key.line - 1, there.key.column - 1 + there.key.length + 1, f" {digest}")
    if here.items or here.value == {}:
        return _added(lines, here, f"{name}: {digest}", end)
    line = here.key.line
    lines[line - 1] = _ended(lines[line - 1], end)
    return "".join([*lines[:line], f"{' ' * (here.key.column + 1)}{name}: {digest}{end}", *lines[line:]])


def _replaced(lines: list[str], node: Node, digest: str) -> str:
    line, start = node.place.line - 1, node.place.column - 1
    lines[line] = lines[line][:start] + digest + lines[line][start + node.place.length :]
    return "".join(lines)


def _inserted(lines: list[str], line: int, column: int, text: str) -> str:
    lines[line] = lines[line][:column] + text + lines[line][column:]
    return "".join(lines)


def _added(lines: list[str], mapping: Node, entry: str, end: str) -> str:
    """After the last entry, in its column; or first in a mapping in braces."""
    line, column = mapping.place.line - 1, mapping.place.column
    if lines[line][column - 1 : column] == "{":
        return _inserted(lines, line, column, f"{entry}, " if mapping.items else entry)
    last = list(mapping.items.values())[-1]
    after = last.place.line
    indent = (last.key.column if last.key else column) - 1
    lines[after - 1] = _ended(lines[after - 1], end)
    return "".join([*lines[:after], f"{' ' * indent}{entry}{end}", *lines[after:]])


def _ended(line: str, end: str) -> str:
    return line if line.endswith("\n") else f"{line}{end}"
