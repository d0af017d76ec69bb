"""git: the only place that starts it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from tapgen.errors import TapgenError


class GitError(TapgenError):
    """There is no git, or it says no."""

    exit_code: ClassVar[int] = 4

    def __init__(self, said: str) -> None:
        self.said = said
        super().__init__(f"error: git: {said}")


def git(folder: Path, *words: str, given: bytes = b"") -> bytes:
    """Run git in *folder*, and give what it printed.

    Raises:
        GitError: there is no git, or it says no.
    """
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *words],  # noqa: S607  # git is found on the PATH, as everybody's is
            input=given,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise GitError("it is not installed") from None
    if done.returncode:
        raise GitError(done.stderr.decode(errors="replace").strip())
    return done.stdout


def blobs(folder: Path, names: Iterable[str]) -> list[bytes | None]:
    """What git holds under *names* such as `HEAD:path`, seen from the top of the repository; None where it does not.

    Source: https://git-scm.com/docs/git-cat-file

    Raises:
        GitError: there is no git, or it says no.
    """
    wanted = list(names)
    answer = git(folder, "cat-file", "--batch", given="".join(f"{name}\n" for name in wanted).encode())
    found: list[bytes | None] = []
    for _ in wanted:
        head, _, answer = answer.partition(b"\n")
        if head.endswith(b" missing"):
            found.append(None)
            continue
        size = int(head.split()[-1])
        found.append(answer[:size])
        answer = answer[size + 1 :]
    return found


def prefix(folder: Path) -> str:
    """Where *folder* is in its repository: nothing, or a path that ends with a slash.

    Raises:
        GitError: it is in none.
    """
    return git(folder, "rev-parse", "--show-prefix").decode().rstrip("\n")
