"""Which images an environment was to run before, as the history of `tapgen.images.yaml` in git tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tapgen.config import images
from tapgen.config.yaml.source import compose
from tapgen.deploy.guard import RefusedError
from tapgen.errors import ConfigError
from tapgen.git import blobs, git, prefix


@dataclass(frozen=True)
class Version:
    """What an image was."""

    digest: str
    commit: str = ""
    """The commit that brought it, for people; nothing for what is not committed."""


def previous(path: Path, environment: str, name: str) -> Version:
    """The version of an image before the one that the file names now.

    Whoever goes back to a version has done with those that came after it: going back once more leads further back.

    Raises:
        RefusedError: there is none in the history.
        GitError: there is no history.
    """
    now = images.digests(compose(path.read_bytes(), str(path))) if path.exists() else {}
    digest = now.get(environment, {}).get(name, "")
    if not digest:
        raise RefusedError(f"{path} names no image of {name} for {environment}, so there is none to go back from")
    found = list(way([*_committed(path, environment, name), Version(digest)]))
    if len(found) < 2:
        shallow = git(path.parent, "rev-parse", "--is-shallow-repository").strip() == b"true"
        raise RefusedError(
            f"the history of {path} knows no image of {name} for {environment} before {digest}",
            "this clone is shallow: git fetch --unshallow"
            if shallow
            else f"name one: make release SERVICE={name} IMAGE=… ENV={environment}",
        )
    return found[-2]


def way(versions: Iterable[Version]) -> list[Version]:
    """How an image came to be what it is, of all *versions* there were, oldest first: without detours."""
    found: list[Version] = []
    for version in versions:
        digests = [each.digest for each in found]
        if version.digest in digests:
            del found[digests.index(version.digest) + 1 :]
        elif version.digest:
            found.append(version)
    return found


def _committed(path: Path, environment: str, name: str) -> Iterator[Version]:
    """Every version that was committed, oldest first."""
    folder = path.parent
    log = git(folder, "log", "--reverse", "--format=%H%x09%h of %cs: %s", "--", path.name).decode(errors="replace")
    commits = [line.partition("\t")[::2] for line in log.splitlines()]
    where = prefix(folder)
    texts = blobs(folder, (f"{commit}:{where}{path.name}" for commit, _ in commits))
    for (_, told), text in zip(commits, texts, strict=True):
        try:
            found = images.digests(compose(text or b"", path.name))
        except ConfigError:
            continue  # somebody once committed what is no YAML
        yield Version(found.get(environment, {}).get(name, ""), told)
