"""Templates as a revision of git has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from tapgen.errors import Problem, TapgenError
from tapgen.git import GitError, blobs, git
from tapgen.review.templates import UnreadableError

_MAIN = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""What the main branch may be called."""


class RevisionError(TapgenError):
    """There is no such revision."""

    exit_code = 2


def base(folder: Path) -> str:
    """Where the branch that is checked out has left the main branch; its last commit, where that is the main branch.

    Raises:
        RevisionError: this is no repository of git, it has no commit, or not those that the branches have in common.
    """
    for name in _MAIN:
        try:
            return git(folder, "merge-base", "HEAD", name).decode().strip()
        except GitError:
            continue
    try:
        head = git(folder, "rev-parse", "HEAD").decode().strip()
        shallow = git(folder, "rev-parse", "--is-shallow-repository").decode().strip() == "true"
    except GitError as error:
        raise RevisionError(
            f"error: there is nothing to compare with: {error.said}\n = help: name two folders"
        ) from None
    if shallow:
        raise RevisionError(
            "error: where this branch left the main branch is not known: the history is not here, only its end\n"
            " = help: git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"
        )
    return head


def templates_at(folder: Path, revision: str, only: Collection[str] = ()) -> dict[str, str]:
    """The texts of the templates that *folder* had at a revision, by path; those of some environments *only*, if said.

    Raises:
        RevisionError: git knows no such revision.
        UnreadableError: some are no text.
    """
    try:
        git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        listed = git(folder, "ls-tree", "-r", "-z", revision, "--", ".").decode().split("\0")
    except GitError as error:
        said = error.said or "there is no such revision"
        raise RevisionError(f"error: git knows no revision {revision!r}: {said}") from None
    ids = {path: entry.split()[2] for line in listed if line for entry, _, path in [line.partition("\t")]}
    wanted = {path: id_ for path, id_ in ids.items() if is_template(path, only)}
    found = blobs(folder, wanted.values())
    return _decoded(dict(zip(wanted, (content or b"" for content in found), strict=True)))


def named(folder: Path) -> Path:
    """A folder as the repository that it is in names it; as it is, where it is in none."""
    try:
        return Path(git(folder, "rev-parse", "--show-prefix").decode().strip())
    except GitError:
        return folder


def templates_in(folder: Path, only: Collection[str] = ()) -> dict[str, str]:
    """The texts of the templates in a folder, by path.

    Raises:
        UnreadableError: some are no text.
    """
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in found}
    return _decoded({name: path.read_bytes() for name, path in named.items() if is_template(name, only)})


def _decoded(contents: Mapping[str, bytes]) -> dict[str, str]:
    texts, problems = {}, []
    for path, content in contents.items():
        try:
            texts[path] = content.decode()
        except UnicodeDecodeError:
            problems.append(Problem(f"{path} is not UTF-8"))
    if problems:
        raise UnreadableError(problems)
    return texts


def is_template(path: str, only: Collection[str]) -> bool:
    """Whether a file is a template, and of the environments that are looked at."""
    return path.endswith((".yaml", ".yml", ".json", ".template")) and (not only or path.partition("/")[0] in only)
