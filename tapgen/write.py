"""The folder of rendered templates: what differs in it, and the only writer of anything that somebody keeps.

A file that begins with `PROVENANCE` is tapgen's own, as is a temporary file of its own making: these are replaced and
removed. Anything else is foreign and never touched; a symbolic link is foreign whatever it points to. Files and folders
whose names begin with a dot are nobody's concern.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import unified_diff
from itertools import chain
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

    Where *only* names subfolders, or files beside them, nothing else is looked at.

    Raises:
        OutputError: the folder cannot be read, or something else stands where a file or folder should be.
    """
    texts = _selected(rendered, only)
    with _reported(folder):
        there = {path: folder / path for path in _files(folder, only)}
        _refuse_obstacles(texts, folder)
        _refuse_twins(texts, there)
        changes = [_difference(path, texts.get(path), there.get(path)) for path in sorted(texts.keys() | there.keys())]
    return [change for change in changes if change]


def write(rendered: Mapping[str, str], folder: Path, only: Collection[str] = ()) -> list[Change]:
    """Make *folder* hold what was *rendered*, and say what had to change; foreign files stay.

    Every file is replaced whole, so that a process killed at any moment leaves each file old or new; the next call does
    the rest. No file is replaced before all are on the disk, so a full one leaves everything as it was.

    Raises:
        OutputError: the folder cannot be written, or something foreign is in the way. Nothing was written.
    """
    changes = compare(rendered, folder, only)
    foreign = [change.path for change in changes if change.kind == "foreign"]
    if blocked := [str(folder / path) for path in foreign if path in rendered]:
        raise OutputError(f"{', '.join(blocked)}: not written by tapgen, and in the way. Move it, then run again.")
    stale = [change.path for change in changes if change.kind == "stale"]
    with _reported(folder):
        _remove(folder, [path for path in stale if path.endswith(_TEMPORARY)])
        _replace({folder / c.path: rendered[c.path] for c in changes if c.kind in ("missing", "changed")})
        _remove(folder, [path for path in stale if not path.endswith(_TEMPORARY)])
    return [change for change in changes if change.kind != "foreign"]


def create(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Write files by name, all or none, where nothing is yet.

    Raises:
        OutputError: a file is there already, or the folder cannot be written. Nothing was written.
    """
    paths = {folder / name: text for name, text in texts.items()}
    with _reported(folder):
        if there := [str(path) for path in paths if path.is_symlink() or path.exists()]:
            raise OutputError(f"already there, and left alone: {', '.join(there)}")
        _replace(paths)
    return list(paths)


def replace(path: Path, text: str) -> None:
    """Write a file whole, over what may be there.

    Raises:
        OutputError: it cannot be written; it stays as it was.
    """
    with _reported(path):
        _replace({path: text})


@contextmanager
def extended(path: Path, lines: Iterable[str]) -> Iterator[bool]:
    """Add the *lines* that a file lacks to its end when the body has succeeded; says whether there are any.

    The file stays the same one, with its mode, its links and its ends of lines.

    Raises:
        OutputError: the file cannot be read, or lacks lines and cannot be written. The body was not run.
    """
    with _reported(path):
        there = path.read_bytes()
        missing = [line.encode() for line in lines if line.encode() not in there.splitlines()]
        if not missing:
            yield False
            return
        with path.open("ab") as file:
            yield True
            end = b"\r\n" if b"\r\n" in there else b"\n"
            gap = end if there and not there.endswith(b"\n") else b""
            file.write(gap + b"".join(line + end for line in missing))


def written(folder: Path, only: Collection[str] = ()) -> dict[str, str]:
    """Read the templates that tapgen wrote, by relative path, in the order of paths.

    Raises:
        OutputError: the folder cannot be read.
    """
    with _reported(folder):
        paths = [path for path in sorted(_files(folder, only)) if not path.endswith(_TEMPORARY)]
        return {path: _read(folder / path) for path in paths if _is_own(folder / path)}


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
    yield from (name for name in only if (folder / name).is_file())
    starts = [folder / name for name in only if not (folder / name).is_symlink()] if only else [folder]
    for at, folders, files in chain.from_iterable(os.walk(start, onerror=_fail) for start in starts if start.is_dir()):
        here = Path(at)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in [*files, *links]:
            if not name.startswith(".") or name.endswith(_TEMPORARY):
                yield (here / name).relative_to(folder).as_posix()


def _fail(error: OSError) -> None:
    raise error


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


def _refuse_obstacles(texts: Iterable[str], folder: Path) -> None:
    """Refuse what no file can be written through or over."""
    for path in texts:
        target = folder / path
        if target.is_symlink() or target.is_dir():
            raise OutputError(f"{target} is a {_kind(target)}; a template should be there")
        for parent in [folder, *(folder / step for step in PurePosixPath(path).parents if step.parts)]:
            if (parent.is_symlink() and parent != folder) or (parent.exists() and not parent.is_dir()):
                raise OutputError(f"{parent} is a {_kind(parent)}; a folder should be there")


def _kind(path: Path) -> str:
    return "symbolic link" if path.is_symlink() else "folder" if path.is_dir() else "file"


def _refuse_twins(texts: Iterable[str], there: Iterable[str]) -> None:
    """Refuse two names that are one file where letters have no case: the older would be lost."""
    seen: dict[str, str] = {}
    for path in [*texts, *there]:
        if (twin := seen.setdefault(path.casefold(), path)) != path and twin in texts:
            raise OutputError(
                f"{twin} and {path} differ only in the case of letters; many file systems cannot hold both"
            )


def _replace(texts: Mapping[Path, str]) -> None:
    made: list[Path] = []
    staged = {path: path.with_name(f".{path.name}.{os.getpid()}{_TEMPORARY}") for path in texts}
    try:
        for folder in sorted({step for path in texts for step in path.parents if not step.exists()}):
            folder.mkdir()
            made.append(folder)
        for path, text in texts.items():
            _store(staged[path], text.encode())
        for path, temporary in staged.items():
            temporary.replace(path)
        for folder in sorted({path.parent for path in texts}):
            _sync(folder)
    except BaseException:
        with suppress(OSError):
            for temporary in staged.values():
                temporary.unlink(missing_ok=True)
            for folder in reversed(made):
                folder.rmdir()
        raise


def _store(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make sure that the names in *folder* survive a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(folder: Path, paths: Iterable[str]) -> None:
    """Remove files, and the folders that are empty without them."""
    for path in paths:
        (folder / path).unlink(missing_ok=True)
        for parent in PurePosixPath(path).parents:
            if not parent.parts or any((folder / parent).iterdir()):
                break
            (folder / parent).rmdir()


@contextmanager
def _reported(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        path = Path(error.filename or folder)
        where = path.parent if path.name.endswith(_TEMPORARY) else path
        raise OutputError(f"{where}: {error.strerror}") from error
