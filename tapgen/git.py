"""git: the only place that starts it."""

from __future__ import annotations

import subprocess
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
