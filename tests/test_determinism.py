"""Rendering is a function from configuration to bytes: nothing of the machine, the user or the moment gets in."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import tapgen
from tapgen.config.read import read
from tapgen.render import render

ROOT = Path(__file__).parents[1]
PROGRAM = """
import hashlib, json, pathlib, sys
from tapgen.config.read import read
from tapgen.render import render
rendered = render(read(pathlib.Path(sys.argv[1])))
print(json.dumps([[path, hashlib.sha256(text.encode()).hexdigest()] for path, text in rendered.items()]))
"""

SURROUNDINGS: dict[str, tuple[list[str], dict[str, str]]] = {
    "another hash seed": ([], {"PYTHONHASHSEED": "1"}),
    "yet another hash seed": ([], {"PYTHONHASHSEED": "4711"}),
    "another locale": ([], {"LC_ALL": "C", "LANG": "C"}),
    "a locale of UTF-8": ([], {"LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8"}),
    "another time zone": ([], {"TZ": "Pacific/Kiritimati"}),
    "without assertions and docstrings": (["-OO"], {}),
    "without the user's environment": (["-I", "-E"], {"HOME": "/nonexistent", "USER": "nobody"}),
}


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return render(read(ROOT / "tapgen.yaml"))


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_two_renders_anywhere_give_the_same_bytes(surroundings: str, rendered: dict[str, str], tmp_path: Path) -> None:
    options, environment = SURROUNDINGS[surroundings]
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{PROGRAM}"
    done = subprocess.run(
        [sys.executable, *options, "-c", program, os.path.relpath(ROOT / "tapgen.yaml", tmp_path)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    here = [[path, hashlib.sha256(text.encode()).hexdigest()] for path, text in rendered.items()]
    assert json.loads(done.stdout) == here


def test_rendering_twice_in_one_process_gives_the_same_bytes(rendered: dict[str, str]) -> None:
    assert render(read(ROOT / "tapgen.yaml")) == rendered


FOREIGN = {
    "an object that nobody spelled": r" object at 0x",
    "a class that nobody spelled": r"<class '|<function ",
    "a path of this machine": "|".join(re.escape(str(path)) for path in (ROOT, Path.home(), Path(sys.prefix))),
    "the version of tapgen": rf"\b{re.escape(getattr(tapgen, '__version__', '0.1.0'))}\b",
    "today": rf"{datetime.now(UTC):%Y-%m-%d}|{datetime.now(UTC):%H:%M}:",
    "None where a value should be": r": None$|'None'",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_of_the_machine_or_the_moment_is_in_a_template(what: str, rendered: dict[str, str]) -> None:
    found = {path: re.findall(FOREIGN[what], text, re.MULTILINE) for path, text in rendered.items()}
    assert {path: matches for path, matches in found.items() if matches} == {}
