"""Every rule of ours on good and bad templates: a comment `# E9111 message` says what is found on its line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tapgen.lint.engine import RULES
from tapgen.lint.finding import Finding
from tapgen.lint.runner import lint

pytestmark = pytest.mark.xdist_group("lint")

TEMPLATES = Path(__file__).parent / "templates"
NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.yaml"))
GENERATED = {"balancer_size", "operation_size", "task_size"}
"""Rules whose faults are too long to be written down."""


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    return lint(TEMPLATES, NAMES, ["us-east-1"])


def ours(findings: list[Finding], name: str) -> set[tuple[int, str, str]]:
    file = (TEMPLATES / name).as_posix()
    return {
        (each.line, each.rule, each.message)
        for each in findings
        if each.file == file and re.match("[EWI]91", each.rule)
    }


def expected(name: str) -> set[tuple[int, str, str]]:
    lines = (TEMPLATES / name).read_text("utf-8").splitlines()
    comments = ((line, re.search(r"  # ([EWI]91\d\d) (.*)$", text)) for line, text in enumerate(lines, 1))
    return {(line, comment[1], comment[2]) for line, comment in comments if comment}


@pytest.mark.parametrize("name", NAMES)
def test_finds_what_the_template_says(findings: list[Finding], name: str) -> None:
    assert ours(findings, name) == expected(name)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("good/")])
def test_good_templates_are_good_by_cfn_lint_too(findings: list[Finding], name: str) -> None:
    file = (TEMPLATES / name).as_posix()
    assert [each for each in findings if each.file == file and each.severity == "error"] == []


@pytest.mark.parametrize("rule", sorted(path.stem for path in RULES.glob("[a-z]*.py") if path.stem not in GENERATED))
def test_every_rule_has_good_and_bad_templates(rule: str) -> None:
    bad = [name for name in NAMES if re.match(rf"bad/{rule}[./]", name)]
    number = re.search(r'id = "([EWI]91\d\d)"', (RULES / f"{rule}.py").read_text("utf-8"))
    assert number
    assert number[1] in {found for name in bad for _, found, _ in expected(name)}
    assert any(re.match(rf"good/{rule}[./]", name) for name in NAMES)


def test_rules_say_what_cfn_lint_needs() -> None:
    from cfnlint.rules import Rules

    rules = Rules.create_from_directory(str(RULES))
    assert len(rules) == len(list(RULES.glob("[a-z]*.py")))
    for number, rule in rules.items():
        assert re.fullmatch("[EWI]91[0-9]{2}", number)
        assert rule.shortdesc
        assert rule.description
        assert rule.source_url.startswith("https://")
        assert "tapgen" in rule.tags


def test_cfn_lint_itself_loads_the_rules(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from cfnlint.runner import main; main()",
        "-a",
        str(RULES),
        "-t",
        str(TEMPLATES / "bad/launch_types.yaml"),
    ]
    run = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(RULES.parents[2])}, capture_output=True, text=True, check=False
    )
    assert "E9112 LaunchType stands beside CapacityProviderStrategy: leave it out" in run.stdout
    assert run.returncode == 2
