"""In a terminal there is a tree that lives, and a question before anything is deleted."""

from __future__ import annotations

import os
import pty
import re
import subprocess

import pytest

from .platform import VENV, Repository

pytestmark = pytest.mark.slow


def in_terminal(team: Repository, *words: str, answer: str = "") -> tuple[int, str]:
    """Run tapgen-deploy where it sees a terminal, and answer what it asks."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [str(VENV / "bin" / "tapgen-deploy"), *words],
        cwd=team.folder,
        env={**team.environment, "TERM": "xterm", "COLUMNS": "160", "NO_COLOR": "1"},
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    )
    os.close(inner)
    seen = b""
    try:
        while chunk := os.read(outer, 4096):
            seen += chunk
            if answer and b"to go on" in seen:
                os.write(outer, f"{answer}\n".encode())
                answer = ""
    except OSError:
        pass  # the terminal is closed at the end
    os.close(outer)
    return process.wait(), seen.decode(errors="replace")


def test_a_tree_lives_and_a_question_is_asked(settled: Repository) -> None:
    settled.edit("path: /web", "path: /web, stop_timeout: 50")
    code, seen = in_terminal(settled, "deploy", "-e", "dev")
    assert code == 0, seen
    assert re.search(r"✓ shop-dev  updated  \d+ s", seen), seen
    assert re.search(r"  ✓ ServiceWeb  updated  \d+ s", seen), seen
    assert "Keys" not in seen, "only what changes is shown"

    code, seen = in_terminal(settled, "destroy", "-e", "dev", answer="prod")
    assert code == 4, seen
    assert "Deletes shop-dev, but for what its templates keep. Its environment's name, to go on" in seen
    assert settled.status == "UPDATE_COMPLETE"
    code, seen = in_terminal(settled, "destroy", "-e", "dev", answer="dev")
    assert code == 0, seen
    assert settled.status == ""
