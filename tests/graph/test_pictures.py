"""A picture is the same on every machine, safe whatever things are called, and that of the README is of today."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from tapgen.cli import tapgen
from tapgen.graph import DRAWN, drawn, roots
from tapgen.review.stacks import stacks
from tests.graph.platforms import FOREIGN, PROJECT, example

HOSTILE = {
    "<i>.yaml": """
Description: "</title><script>hacked()</script>\\u0001 & ]]>"
Resources:
  '"><script>hacked()</script>':
    Type: AWS::SNS::Topic
  Queue: {Type: "AWS::SQS::Queue"}
"""
}


def test_the_picture_of_the_readme_is_of_today(golden: Callable[[Path, str], None]) -> None:
    golden(PROJECT / "docs/platform.svg", drawn(example(), "prod", "svg"))
    assert "(docs/platform.svg)" in (PROJECT / "README.md").read_text("utf-8")


def test_mermaid(golden: Callable[[Path, str], None]) -> None:
    golden(PROJECT / "tests/golden/graph/prod.mmd", drawn(example(), "prod", "mermaid"))
    golden(PROJECT / "tests/golden/graph/foreign.mmd", drawn(stacks(FOREIGN), "main", "mermaid"))


def test_the_same_templates_give_the_same_bytes() -> None:
    code = (
        "from tapgen.graph import drawn; from tapgen.review.stacks import stacks; "
        "from tests.graph.platforms import FOREIGN; "
        "print(*(drawn(stacks(FOREIGN), 'main', form) for form in ('mermaid', 'svg', 'html')), sep='', end='')"
    )
    drawn(example(), "dev", "svg")  # what was laid out before must not matter
    expected = "".join(drawn(stacks(FOREIGN), "main", form) for form in (*DRAWN, "html"))
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=PROJECT, capture_output=True, text=True, check=True
        )
        assert done.stdout == expected


def test_names_cannot_break_out_of_a_picture() -> None:
    found = stacks(HOSTILE)
    root = ElementTree.fromstring(drawn(found, "<i>", "svg"))  # it is XML, with all in it as text
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    assert "</title><script>hacked()</script>\ufffd & ]]>" in [each.text for each in root.iter()]
    assert "<script" not in drawn(found, "<i>", "mermaid")
    assert '"><' not in drawn(found, "<i>", "mermaid")


def test_platforms_are_drawn_before_what_they_share() -> None:
    assert roots(example()) == ["dev", "prod", "bootstrap", "registry"]


def test_a_picture_needs_nothing_from_elsewhere() -> None:
    root = ElementTree.fromstring(drawn(example(), "prod", "svg"))
    links = [value for each in root.iter() for key, value in each.attrib.items() if key.endswith(("href", "src"))]
    assert links
    assert all(link.startswith("#icon-") for link in links)
    sheet = next(each for each in root.iter() if each.tag.endswith("style")).text or ""
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "prefers-color-scheme: dark" in sheet


def test_the_commands_of_the_document_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "templates_out").symlink_to(PROJECT / "templates_out")
    said = (PROJECT / "docs/graph.md").read_text("utf-8")
    commands = [line.partition("#")[0].split() for line in said.splitlines() if line.startswith("tapgen ")]
    assert len(commands) == 3
    for _, *arguments in commands:
        assert CliRunner().invoke(tapgen, arguments).exit_code == 0
    assert sorted(path.name for path in tmp_path.glob("platform.*")) == ["platform.html", "platform.svg"]
