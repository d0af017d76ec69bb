"""Where an image is built from: a folder at a commit, and how to build it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tapgen.config.workload import Build, Workload
from tapgen.deploy.guard import RefusedError
from tapgen.git import GitError, git


@dataclass(frozen=True)
class Source:
    """What a builder is to make an image from."""

    name: str
    """What the image is called: `payment`."""

    context: Path
    build: Build
    architecture: str

    @property
    def dockerfile(self) -> Path | None:
        """The file that says how to build, where it is not the one that the builder looks for."""
        return self.context / self.build.dockerfile if self.build.dockerfile else None

    @property
    def platform(self) -> str:
        """What the image runs on, in the words of builders."""
        return {"x86_64": "linux/amd64", "arm64": "linux/arm64"}[self.architecture]


@dataclass(frozen=True)
class Version:
    """What is built of a source."""

    commit: str
    tag: str
    """Two builds with one tag would come from the same files, in the same way."""


def source(workload: Workload, beside: Path) -> Source | None:
    """What the image of a workload is built from, if it is built at all; *beside* is where `tapgen.yaml` is."""
    if not workload.build:
        return None
    context = beside / (workload.build.context or workload.name)
    return Source(workload.name, context, workload.build, workload.architecture)


def version(found: Source, *, uncommitted: bool) -> Version:
    """The commit that last changed the files of a source, and the tag of an image that is made from it now.

    Raises:
        RefusedError: the folder is not there; or what is in it is not committed, unless *uncommitted* may be built.
    """
    if not found.context.is_dir():
        hint = "say where its source is: `build: {context: …}`, as seen from tapgen.yaml"
        raise RefusedError(f"{found.name} is built in {found.context}, and there is no such folder", hint)
    paths = [".", *([found.build.dockerfile] if found.build.dockerfile else [])]
    try:
        changed = git(found.context, "status", "--porcelain", "--", *paths).decode().splitlines()
        commit = git(found.context, "log", "-1", "--format=%H", "--", *paths).decode().strip()
    except GitError as error:
        if not uncommitted:
            raise RefusedError(
                f"{found.name} is tagged by its commit, and git says: {error.said}", "commit it"
            ) from None
        changed, commit = [str(found.context)], ""
    if not changed and commit:
        return Version(commit, f"{commit[:12]}-{_recipe(found)}")
    if not uncommitted:
        shown = changed[:5] or [f"nothing in {found.context} is committed"]
        more = [f"and {len(changed) - 5} more"] if len(changed) > 5 else []
        raise RefusedError(
            "\n".join([f"{found.name} is tagged by its commit, and this is not committed:", *shown, *more]),
            "commit it; UNCOMMITTED=yes builds it as it is",
        )
    return Version(commit, f"uncommitted-{datetime.now(UTC):%Y%m%d%H%M%S}-{_recipe(found)}")


def _recipe(found: Source) -> str:
    """How it is built, in six characters: a tag must not mean another image because a build argument changed."""
    recipe = [found.build.model_dump(exclude={"context"}), found.architecture]
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:6]
