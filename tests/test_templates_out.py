"""Whatever tapgen renders, both linters find nothing in it; and what is checked in is what it renders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cloudformation_validate import RegoEngine

from tapgen.config.read import read
from tapgen.lint.runner import lint
from tapgen.render import render
from tapgen.write import compare

PROJECT = Path(__file__).parents[1]
OUTPUT = PROJECT / "templates_out"
FOLDERS = [OUTPUT, *sorted(PROJECT.glob("tests/golden/platforms/*/templates_out"))]
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")


def templates(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))


def test_what_is_checked_in_is_what_is_rendered() -> None:
    changes = [(change.kind, change.path) for change in compare(render(read(PROJECT / "tapgen.yaml")), OUTPUT)]
    assert not changes, "run: make render"


@pytest.mark.xdist_group("lint")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_cfn_lint_and_our_own_rules_find_nothing(folder: Path) -> None:
    found = lint(folder, templates(folder), REGIONS)
    assert [(finding.rule, Path(finding.file).name) for finding in found] == SAID.get(folder.parent.name, [])


SAID = {"app-mesh": [("W9121", "app-mesh.yaml")]}
"""App Mesh is shut down, which is said once."""

MEANT = {("root.yaml", "W3002"), ("certificates.yaml", "W9002"), ("app-mesh.yaml", "W3696")}
"""TemplateURL names a file, as reviewed; the templates of Private CA have ARNs that are AWS's own; App Mesh is shut
down, as `W9121` says once."""


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_cloudformation_validate_warns_of_nothing(folder: Path) -> None:
    assert {finding for finding in _warnings(folder) if finding[1:] not in MEANT} == set()


def _warnings(folder: Path) -> Iterator[tuple[str, str, str]]:
    engine = RegoEngine()
    for name in templates(folder):
        for diagnostic in engine.validate_template(folder / name).diagnostics:
            if diagnostic.severity.name in {"FATAL", "ERROR", "WARN"}:
                environment, _, template = name.rpartition("/")
                yield environment, template, diagnostic.rule_id
