"""An image is called by the commit that last changed its files, and by how it is built; nothing else is built."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tapgen.config.service import Service
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.images.sources import Source, Version, source, version


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    done = subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "as it is")
    return git(folder, "rev-parse", "HEAD")


def of(folder: Path, name: str = "web", **said: Any) -> Source:
    found = source(Service.model_validate({"name": name, "build": {}, **said}), folder)
    assert found
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    for name in ("web", "api"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/web").write_text("FROM scratch\n")
    commit(tmp_path)
    return tmp_path


def test_the_folder_is_the_one_named_like_the_service_or_the_one_that_is_said(tmp_path: Path) -> None:
    assert of(tmp_path).context == tmp_path / "web"
    assert of(tmp_path, build={"context": "../src/web"}).context == tmp_path / "../src/web"
    assert of(tmp_path, build={"dockerfile": "../docker/web"}).dockerfile == tmp_path / "web/../docker/web"
    assert source(Service.model_validate({"name": "web"}), tmp_path) is None


def test_the_platform_is_that_of_the_tasks(tmp_path: Path) -> None:
    assert (of(tmp_path).platform, of(tmp_path, architecture="arm64").platform) == ("linux/amd64", "linux/arm64")


def test_a_commit_elsewhere_makes_no_new_version(repository: Path) -> None:
    before = version(of(repository), uncommitted=False)
    (repository / "api/new").write_text("x")
    commit(repository)
    assert version(of(repository), uncommitted=False) == before
    (repository / "web/new").write_text("x")
    head = commit(repository)
    found = version(of(repository), uncommitted=False)
    assert (found.commit, found.tag[:13]) == (head, f"{head[:12]}-")
    assert found.tag != before.tag


def test_a_file_outside_that_says_how_to_build_counts_too(repository: Path) -> None:
    outside = of(repository, build={"dockerfile": "../docker/web"})
    before = version(outside, uncommitted=False)
    (repository / "docker/web").write_text("FROM scratch\nUSER 1\n")
    with pytest.raises(RefusedError, match="docker/web"):
        version(outside, uncommitted=False)
    assert version(of(repository), uncommitted=False).commit == before.commit
    commit(repository)
    assert version(outside, uncommitted=False).commit != before.commit


@pytest.mark.parametrize(
    "said",
    [
        {"build": {"args": {"A": "1"}}},
        {"build": {"target": "slim"}},
        {"build": {"dockerfile": "Dockerfile"}},
        {"architecture": "arm64"},
    ],
)
def test_another_way_to_build_has_another_tag(said: dict[str, Any], repository: Path) -> None:
    plain, other = version(of(repository), uncommitted=False), version(of(repository, **said), uncommitted=False)
    assert plain.commit == other.commit
    assert plain.tag != other.tag
    assert version(of(repository, **said), uncommitted=False) == other


def test_what_is_not_committed_is_refused_unless_told(repository: Path) -> None:
    (repository / "web/new").write_text("x")
    with pytest.raises(RefusedError, match=r"not committed:\n\?\? web/new\n = help: commit it; UNCOMMITTED=yes"):
        version(of(repository), uncommitted=False)
    found = version(of(repository), uncommitted=True)
    assert found.tag.startswith("uncommitted-20")
    assert found.commit == git(repository, "rev-parse", "HEAD")
    (repository / "web/.gitignore").write_text("new\n.gitignore\n")
    assert version(of(repository), uncommitted=False).commit == found.commit


def test_a_folder_without_git_or_without_a_commit(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    with pytest.raises(RefusedError, match=r"tagged by its commit, and git says: .*not a git repository"):
        version(of(tmp_path), uncommitted=False)
    assert version(of(tmp_path), uncommitted=True).commit == ""
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    with pytest.raises(RefusedError, match=r"nothing in .*web is committed"):
        version(of(tmp_path), uncommitted=False)
    with pytest.raises(RefusedError, match="there is no such folder"):
        version(of(tmp_path, "api"), uncommitted=True)


def test_a_tag_is_one_that_registries_take(repository: Path) -> None:
    (repository / "web/new").write_text("x")
    found: list[Version] = [
        version(of(repository, "api"), uncommitted=False),
        version(of(repository), uncommitted=True),
    ]
    assert all(each.tag.replace("-", "").isalnum() and len(each.tag) <= 128 for each in found)
