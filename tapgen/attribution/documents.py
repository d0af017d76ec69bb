"""The files that templates are rendered from, as a folder or a revision of git has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tapgen.config.read import IMAGES
from tapgen.config.yaml.source import Source, compose
from tapgen.config.yaml.tree import Node
from tapgen.git import GitError, blobs

_Contents = Callable[[Sequence[str]], list[bytes | None]]
"""What files hold, by their names; nothing for those that are not there."""


@dataclass(frozen=True)
class Documents:
    """`tapgen.yaml` with the templates of the user's own that it names, and the images."""

    config: Source
    images: Source


def documents_in(path: Path) -> Documents | None:
    """What *path*, a `tapgen.yaml`, and the files beside it say; nothing where it is not there.

    Raises:
        ConfigError: one of them is not YAML.
    """
    return _documents(path, lambda names: [_content(path.parent / name) for name in names])


def documents_at(path: Path, revision: str) -> Documents | None:
    """The same as a revision of git has it; nothing where *path* is in no repository.

    Raises:
        ConfigError: one of them is not YAML.
    """
    try:
        return _documents(path, lambda names: blobs(path.parent, [f"{revision}:./{name}" for name in names]))
    except GitError:
        return None


def _documents(path: Path, contents: _Contents) -> Documents | None:
    said, images = contents([path.name, IMAGES])
    if said is None:
        return None
    config = compose(said, str(path))
    names = sorted(set(_own(config.root)))
    own = dict(zip(names, contents(names), strict=True)) if names else {}
    beside = {name: content for name, content in own.items() if content is not None}
    return Documents(replace(config, beside=beside), compose(images or b"", str(path.with_name(IMAGES))))


def _content(path: Path) -> bytes | None:
    with suppress(OSError):
        return path.read_bytes()
    return None


def _own(root: Node) -> Iterator[str]:
    """The templates of the user's own that are named anywhere."""
    environments = root.items["environments"].items if "environments" in root.items else {}
    for settings in (root.items.get("defaults"), *environments.values()):
        stacks = settings.items.get("stacks") if settings else None
        for stack in stacks.items.values() if stacks else ():
            template = stack.items.get("template")
            if template and isinstance(template.value, str):
                yield template.value
