"""Rendering is a function from configuration to bytes: nothing of the machine, the user or the moment gets in."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
    "one hash seed, an old locale, far east": (
        [],
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "LANG": "C", "TZ": "Pacific/Kiritimati"},
    ),
    "another hash seed, a Turkish locale, far west": (
        [],
        {"PYTHONHASHSEED": "4711", "LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Niue"},
    ),
    "without assertions and docstrings": (["-OO"], {"PYTHONHASHSEED": "2"}),
    "without the user": (["-I"], {"HOME": "/nonexistent", "USER": "nobody"}),
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


HERE = [str(path) for path in (ROOT, Path.home(), Path(sys.prefix)) if len(path.parts) > 1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
FOREIGN = {
    "an object that nobody spelled": r" object at 0x",
    "a class that nobody spelled": r"<class '|<function ",
    "a path of this machine": "|".join(map(re.escape, HERE)),
    "the version of tapgen": rf"(?<![\d.]){re.escape(VERSION)}(?![\d.])",
    "today": rf"{datetime.now(UTC):%Y-%m-%d}",
    "None where a value should be": r": None$|'None'",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_of_the_machine_or_the_moment_is_in_a_template(what: str, rendered: dict[str, str]) -> None:
    found = {path: re.findall(FOREIGN[what], text, re.MULTILINE) for path, text in rendered.items()}
    assert {path: matches for path, matches in found.items() if matches} == {}


UNSTEADY = {"datetime", "getpass", "locale", "os", "random", "secrets", "socket", "tempfile", "time", "uuid"}
"""What knows the moment, the machine or the user, or what nobody knows."""

RENDERING = ("config", "layers", "mesh", "parts", "dump.py", "kinds.py", "platform.py", "render.py", "stack.py")
"""What rendering is made of, besides the placeholder, whose server runs somewhere else."""

SHIPPED = ROOT / "tapgen" / "mesh" / "mutual" / "agent.py"
"""Likewise."""


def test_what_renders_cannot_know_the_moment_or_the_machine() -> None:
    modules = [module for name in RENDERING for module in _modules(ROOT / "tapgen" / name) if module != SHIPPED]
    assert len(modules) > 50
    found = {str(module.relative_to(ROOT)): _imported(module) & UNSTEADY for module in modules}
    assert {module: names for module, names in found.items() if names} == {}


def _modules(path: Path) -> list[Path]:
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def _imported(module: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(module.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.partition(".")[0] for name in plain} | {
        str(node.module).partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)
    }
