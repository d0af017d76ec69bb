"""Whole platforms, byte for byte: every folder below `golden/platforms` is a case, and `make golden` rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tapgen.config.read import read
from tapgen.render import render
from tapgen.write import compare, write

CASES = sorted(Path(__file__).with_name("golden").joinpath("platforms").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden(case: Path) -> None:
    rendered = render(read(case / "tapgen.yaml"))
    if os.environ.get("GOLDEN"):
        write(rendered, case / "templates_out")
    changes = [(change.kind, change.path) for change in compare(rendered, case / "templates_out")]
    assert not changes, "run: make golden"
