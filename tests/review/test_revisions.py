"""What a review compares with: real repositories of git, with branches, in part, and without."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tapgen.review.revisions import RevisionError, base, templates_at, templates_in
from tapgen.review.templates import UnreadableError


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, text: str) -> str:
    (folder / "a.yaml").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", text)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A main branch with two commits, and a branch that left it after the first."""
    folder = tmp_path / "origin"
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    commit(folder, "one")
    git(folder, "branch", "change")
    commit(folder, "two")
    git(folder, "switch", "-q", "change")
    commit(folder, "three")
    git(folder, "switch", "-q", "main")
    return folder


def test_a_branch_is_compared_with_where_it_left_the_main_branch(origin: Path, tmp_path: Path) -> None:
    left = git(origin, "rev-parse", "main~1")
    assert base(origin) == git(origin, "rev-parse", "main")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--branch", "change", f"file://{origin}", str(clone))
    assert base(clone) == left
    assert templates_at(clone, base(clone)) == {"a.yaml": "one"}


def test_in_a_clone_without_the_history_nothing_is_taken_for_the_base(origin: Path, tmp_path: Path) -> None:
    """As most systems of CI fetch: the last commit alone, of one branch."""
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--branch", "change", f"file://{origin}", str(clone))
    with pytest.raises(RevisionError, match=r"the history is not here.*\n.*git fetch --unshallow"):
        base(clone)
    git(clone, "fetch", "-q", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*")
    assert base(clone) == git(origin, "rev-parse", "main~1")


def test_without_a_main_branch_the_last_commit_is_the_base(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    assert commit(tmp_path, "one") == base(tmp_path)


def test_without_a_commit_it_says_what_else_to_do(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(RevisionError, match="name two folders"):
        base(tmp_path)


def test_what_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "picture.png").write_bytes(b"\xff")
    commit(tmp_path, "one")
    with pytest.raises(UnreadableError, match=r"^error: b\.yaml is not UTF-8$"):
        templates_in(tmp_path)
    with pytest.raises(UnreadableError, match=r"^error: b\.yaml is not UTF-8$"):
        templates_at(tmp_path, "HEAD")
