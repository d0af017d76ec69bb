"""The folder of rendered templates: what differs in it, and the only writer to the file system.

A file that begins with `PROVENANCE` is tapgen's own, as is a temporary file of its own making: these are replaced and
removed. Anything else is foreign and never touched; a symbolic link is foreign whatever it points to. Files and folders
whose names begin with a dot are nobody's concern.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path, PurePosixPath
from typing import Literal

from tapgen.errors import OutputError

PROVENANCE = "# Rendered by tapgen from tapgen.yaml. Change that, then run: make render"

_MARK = f"{PROVENANCE}\n".encode()
_TEMPORARY = ".tapgen-new"


@dataclass(frozen=True)
class Change:
    """One way in which the folder is not what was rendered."""

    path: str
    """Relative to the folder, with slashes."""

    kind: Literal["missing", "changed", "stale", "foreign"]
    """`missing`: rendered, but not there. `changed`: there, but different. `stale`: tapgen's own, but not rendered any
    more. `foreign`: not written by tapgen."""

    diff: str = ""
    """From what is there to what was rendered, as a unified diff; empty for what is foreign and in nobody's way."""


def compare(rendered: Mapping[str, str], folder: Path, only: Collection[str] = ()) -> list[Change]:
    """Find what differs between *rendered*, texts by relative path, and *folder*, in the order of paths.

    Where *only* names subfolders, nothing else is looked at.

    Raises:
        OutputError: the folder cannot be read, or something else stands where a file or folder should be.
    """
    texts = _selected(rendered, only)
    with _reported(folder):
        _refuse_obstacles(texts, folder)
        there = {path: folder / path for path in _files(folder, only)}
        changes = [_difference(path, texts.get(path), there.get(path)) for path in sorted(texts.keys() | there.keys())]
    return [change for change in changes if change]


def write(rendered: Mapping[str, str], folder: Path, only: Collection[str] = ()) -> list[Change]:
    """Make *folder* hold what was *rendered*, and say what had to change; foreign files stay.

    Every file is replaced whole, so that a process killed at any moment leaves each file old or new; the next call does
    the rest. No file is replaced before all are on the disk, so a full one leaves everything as it was.

    Raises:
        OutputError: the folder cannot be written, or something foreign is in the way. Nothing was written.
    """
    texts = _selected(rendered, only)
    with _reported(folder):
        _refuse_obstacles(texts, folder)
        with _alone(folder):
            changes = compare(texts, folder, only)
            if foreign := [str(folder / change.path) for change in changes if change.kind == "foreign" and change.diff]:
                raise OutputError(f"not written by tapgen, and in the way: {', '.join(foreign)}\nMove it elsewhere, then run again.")
            _remove(folder, [change.path for change in changes if change.path.endswith(_TEMPORARY)])
            _replace(folder, {c.path: texts[c.path] for c in changes if c.kind in ("missing", "changed")})
            _remove(folder, [change.path for change in changes if change.kind == "stale"])
    return [change for change in changes if change.kind != "foreign"]


def written(folder: Path, only: Collection[str] = ()) -> dict[str, str]:
    """Read the templates that tapgen wrote, by relative path, in the order of paths.

    Raises:
        OutputError: the folder cannot be read.
    """
    with _reported(folder):
        paths = [path for path in sorted(_files(folder, only)) if _is_own(folder / path)]
        return {path: (folder / path).read_text("utf-8", errors="replace") for path in paths if not path.endswith(_TEMPORARY)}


def _selected(rendered: Mapping[str, str], only: Collection[str]) -> dict[str, str]:
    for path, text in rendered.items():
        parts = PurePosixPath(path).parts
        if not parts or parts[0] == "/" or any(part.startswith(".") for part in parts):
            raise ValueError(f"{path!r} is not a path inside the folder")
        if not text.startswith(f"{PROVENANCE}\n"):
            raise ValueError(f"{path} does not say where it comes from")
    return {path: text for path, text in rendered.items() if not only or path.split("/")[0] in only}


def _files(folder: Path, only: Collection[str]) -> Iterator[str]:
    """Every file and symbolic link that could be a template or a leftover of one."""
    for at, folders, files in os.walk(folder, followlinks=False):
        here = Path(at)
        if only and here == folder:
            folders[:], files = [name for name in folders if name in only], []
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [*files, *links]:
            if not name.startswith(".") or name.endswith(_TEMPORARY):
                yield (here / name).relative_to(folder).as_posix()


def _is_own(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    if path.name.endswith(_TEMPORARY):
        return True
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK


def _difference(path: str, text: str | None, there: Path | None) -> Change | None:
    if there is None:
        return Change(path, "missing", _diff(path, "", text or ""))
    own = _is_own(there)
    if text is None:
        return Change(path, "stale", _diff(path, _read(there), "")) if own else Change(path, "foreign")
    if own and there.read_bytes() == text.encode():
        return None
    return Change(path, "changed" if own else "foreign", _diff(path, _read(there), text))


def _read(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def _diff(path: str, old: str, new: str) -> str:
    lines = unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), path, path)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _refuse_obstacles(texts: Collection[str], folder: Path) -> None:
    """Refuse what no file can be written through, or over."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is not a folder")
    for path in sorted(texts):
        target = folder / path
        if target.is_symlink() or target.is_dir():
            raise OutputError(f"{target} is a {'symbolic link' if target.is_symlink() else 'folder'}, where a template should be")
        for parent in target.relative_to(folder).parents:
            step = folder / parent
            if parent.parts and (step.is_symlink() or (step.exists() and not step.is_dir())):
                raise OutputError(f"{step} is a {'symbolic link' if step.is_symlink() else 'file'}, where a folder should be")
