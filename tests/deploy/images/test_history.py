"""Which image was before, as commits of `tapgen.images.yaml` tell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tapgen.deploy.guard import RefusedError
from tapgen.deploy.images.history import Version, previous, way
from tapgen.git import GitError

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


@pytest.fixture(params=[".", "a/deeper/folder"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The file of a platform in a repository of its own, or somewhere in another."""
    git(tmp_path, "init", "--quiet")
    folder = tmp_path / request.param
    folder.mkdir(parents=True, exist_ok=True)
    return Path(folder, "tapgen.images.yaml")


def say(path: Path, text: str, why: str = "") -> None:
    """Write the file, and commit it where it is said why."""
    path.write_text(text, encoding="utf-8")
    if why:
        git(path.parent, "add", path.name)
        git(path.parent, "commit", "--quiet", "-m", why)


def named(digest: str, environment: str = "dev") -> str:
    return f"{environment}:\n  web: {digest}\n"


@pytest.mark.parametrize(
    ("there_were", "remain"),
    [("ab", "ab"), ("aabb", "ab"), ("aba", "a"), ("abcb", "ab"), ("abac", "ac"), ("-a", "a"), ("ab-b", "ab")],
)
def test_a_version_that_was_gone_back_from_is_no_part_of_the_way(there_were: str, remain: str) -> None:
    assert "".join(each.digest for each in way(Version(each.strip("-")) for each in there_were)) == remain


def test_the_version_before_is_found_with_the_commit_that_brought_it(path: Path) -> None:
    say(path, named(A), "first")
    say(path, named(A) + named(C, "prod"), "elsewhere")
    say(path, "dev: [", "broken")
    say(path, named(B), "second")
    before = previous(path, "dev", "web")
    assert before.digest == A
    assert before.commit.endswith(": first")
    say(path, named(C))
    assert previous(path, "dev", "web").digest == B
    say(path, named(A))
    with pytest.raises(RefusedError, match=f"knows no image of web for dev before {A}"):
        previous(path, "dev", "web")


def test_where_nothing_is_before_it_says_so(path: Path) -> None:
    with pytest.raises(RefusedError, match="names no image of web for dev"):
        previous(path, "dev", "web")
    say(path, named(A), "first")
    with pytest.raises(RefusedError, match="make release SERVICE=web IMAGE=… ENV=dev"):
        previous(path, "dev", "web")


def test_a_shallow_clone_is_told(path: Path, tmp_path: Path) -> None:
    say(path, named(A), "first")
    say(path, named(B), "second")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{tmp_path}", str(clone))
    with pytest.raises(RefusedError, match="this clone is shallow: git fetch --unshallow"):
        previous(clone / path.relative_to(tmp_path), "dev", "web")


def test_without_git_there_is_no_history(tmp_path: Path) -> None:
    say(tmp_path / "tapgen.images.yaml", named(A))
    with pytest.raises(GitError):
        previous(tmp_path / "tapgen.images.yaml", "dev", "web")
