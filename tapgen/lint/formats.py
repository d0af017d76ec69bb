"""Findings as text for people, and as JSON, SARIF and GitHub workflow commands for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tapgen.annotations import Command, annotation
from tapgen.lint.finding import Finding, Severity
from tapgen.sarif import location, log

NOUNS: Mapping[Severity, tuple[str, str]] = {
    "error": ("error", "errors"),
    "warning": ("warning", "warnings"),
    "info": ("note", "notes"),
}
SARIF_LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
GITHUB_COMMANDS: Mapping[Severity, Command] = {"error": "error", "warning": "warning", "info": "notice"}


def text(findings: Sequence[Finding]) -> str:
    """One line each, as compilers write them, the line of `tapgen.yaml` below where it is known, and a tally."""
    lines = []
    for finding in findings:
        message = " ".join(finding.message.split("\n"))
        lines.append(f"{finding.file}:{finding.line}:{finding.column} {finding.rule} {message}")
        if finding.source:
            lines.append(f"    from {finding.source.file}:{finding.source.line}:{finding.source.column}")
    return "\n".join([*lines, _tally(findings)]) + "\n"


def _tally(findings: Sequence[Finding]) -> str:
    count = Counter(finding.severity for finding in findings)
    return (
        ", ".join(
            f"{count[each]} {one if count[each] == 1 else many}" for each, (one, many) in NOUNS.items() if count[each]
        )
        or "no findings"
    )


def as_json(findings: Sequence[Finding]) -> str:
    """`{"version": 1, "findings": [...]}`, with the fields of `Finding`; a new field leaves the version as it is."""
    return json.dumps({"version": 1, "findings": [asdict(finding) for finding in findings]}, indent=2) + "\n"


def sarif(findings: Sequence[Finding]) -> str:
    """A report for code scanning."""
    rules = {finding.rule: finding for finding in findings}
    order = sorted(rules)
    results = [_sarif_result(finding, order.index(finding.rule)) for finding in findings]
    return log([_sarif_rule(rules[rule]) for rule in order], results)


def _sarif_rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": finding.rule,
        "shortDescription": {"text": finding.summary or finding.rule},
        "defaultConfiguration": {"level": SARIF_LEVELS[finding.severity]},
    }
    return rule | ({"helpUri": finding.url} if finding.url else {})


def _sarif_result(finding: Finding, rule: int) -> dict[str, Any]:
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": SARIF_LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location(finding.file, region)],
    }
    if finding.source:
        start = {"startLine": finding.source.line, "startColumn": finding.source.column}
        result["relatedLocations"] = [location(finding.source.file, start)]
    return result


def github(findings: Sequence[Finding]) -> str:
    """What GitHub shows at the lines of a pull request."""
    return "".join(_annotation(finding) for finding in findings)


def _annotation(finding: Finding) -> str:
    origin = f" (from {finding.source.file}:{finding.source.line})" if finding.source else ""
    place: dict[str, str | int] = {
        "file": finding.file,
        "line": finding.line,
        "col": finding.column,
        "endLine": finding.end_line,
        "title": finding.rule,
    }
    return annotation(GITHUB_COMMANDS[finding.severity], place, finding.message + origin)


FORMATS: Mapping[str, Callable[[Sequence[Finding]], str]] = {
    "text": text,
    "json": as_json,
    "sarif": sarif,
    "github": github,
}


def exit_code(findings: Sequence[Finding], form: str) -> int:
    """1 when there are findings. As SARIF always 0: the step that uploads them must not be skipped."""
    return 1 if findings and form != "sarif" else 0
