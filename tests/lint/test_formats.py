from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tapgen.errors import Place
from tapgen.lint.finding import Finding
from tapgen.lint.formats import FORMATS, exit_code

GOLDEN = Path(__file__).parent / "golden"
FINDINGS = [
    Finding(
        "E3043", "error", "50% of it: a, b\nand c", "templates_out/dev/my root,1.yaml", 12, 7, 12, 20,
        "Resources/A", "Parameters of nested stacks", "https://github.com/aws-cloudformation/cfn-lint",
        Place("tapgen.yaml", 14, 3, 7, "  payment:"),
    ),
    Finding("W2001", "warning", "Parameter A not used.", "templates_out/dev/a.yaml", 2, 3, 2, 4),
    Finding("I3011", "info", "No policy", "templates_out/dev/a.yaml", 4, 3, 5, 1, summary="Policies"),
    Finding("I3011", "info", "No policy", "templates_out/dev/b.yaml", 4, 3, 5, 1, summary="Policies"),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_findings(golden: Callable[[Path, str], None], form: str) -> None:
    golden(GOLDEN / f"findings.{form}", FORMATS[form](FINDINGS))


@pytest.mark.parametrize(
    ("form", "text"), [("text", "no findings\n"), ("json", '{\n  "version": 1,\n  "findings": []\n}\n'), ("github", "")]
)
def test_nothing_found(form: str, text: str) -> None:
    assert FORMATS[form]([]) == text


@pytest.mark.parametrize("findings", [[], FINDINGS], ids=["none", "some"])
def test_sarif_has_the_required_parts(findings: list[Finding]) -> None:
    log = json.loads(FORMATS["sarif"](findings))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "tapgen"
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    assert len(run["results"]) == len(findings)
    for result, finding in zip(run["results"], findings, strict=True):
        rule = driver["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] == finding.rule
        assert rule["shortDescription"]["text"]
        assert rule.get("helpUri", "https://").startswith("https://")
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"] == finding.message
        for location in (*result["locations"], *result.get("relatedLocations", ())):
            place = location["physicalLocation"]
            assert not set(place["artifactLocation"]["uri"]) & set(" ,\\")
            assert place["region"]["startLine"] >= 1
            assert place["region"]["startColumn"] >= 1


@pytest.mark.parametrize("form", FORMATS)
def test_exit_codes(form: str) -> None:
    assert exit_code([], form) == 0
    assert exit_code(FINDINGS, form) == (0 if form == "sarif" else 1)
