"""What tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def golden() -> Callable[[Path, str], None]:
    """Compare a text with the file that holds what is expected; `make golden` rewrites the files."""

    def compare(path: Path, text: str) -> None:
        if os.environ.get("GOLDEN"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"there is no {path}; run: make golden"
        assert text == path.read_text(encoding="utf-8"), f"{path} is out of date; run: make golden"

    return compare


def pytest_collection_finish() -> None:
    """What is loaded lives to the end: looking through it for garbage would take a third of the time."""
    gc.freeze()
    gc.set_threshold(100_000)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured, on whichever worker they ran: `record_property("table", text)`."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.user_properties:
            if name == "table" and report.when == "call":
                terminalreporter.section(report.nodeid)
                terminalreporter.write_line(str(text))
