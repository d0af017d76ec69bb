"""Reports say what a review has found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tapgen import actions
from tapgen.review.reports import FORMATS
from tapgen.review.review import review

PAIRS = Path(__file__).parents[1] / "golden/review"


def report(form: str, pair: str) -> str:
    said: dict[str, Any] = yaml.safe_load((PAIRS / f"{pair}.yaml").read_text())
    return FORMATS[form](review(said["before"], said["after"]))


def test_text_has_access_before_what_is_changed() -> None:
    known = len(actions.matching("s3:Get*"))
    assert known > 30
    assert report("text", "policy-gets-a-wildcard").splitlines()[:4] == [
        "Access (1)",
        "  broadened: root.TaskRole: s3:Get* on arn:aws:s3:::shop/*",
        f"    s3:GetObject -> s3:Get*; {known} actions known today",
        "",
    ]
    assert "  removed: root.TaskRole: s3:GetObject on arn:aws:s3:::shop/*\n    in any case\n" in report(
        "text", "role-goes"
    )


def test_json_says_who_may_do_what_where_and_on_which_condition() -> None:
    rows = json.loads(report("json", "trust-without-source-account"))["access"]
    assert rows == [
        {
            "kind": "broadened",
            "who": "ecs-tasks.amazonaws.com",
            "what": "sts:AssumeRole",
            "where": "root.TaskRole",
            "before": "if aws:sourceaccount StringEquals AWS::AccountId",
            "after": "in any case",
        }
    ]


def test_the_worst_comes_first() -> None:
    found = json.loads(report("json", "port-changes"))["access"]
    assert [row["kind"] for row in found] == ["added", "removed"]
    assert json.loads(report("json", "wire-is-renamed"))["access"] == []


def test_a_comment_says_on_what() -> None:
    text = report("markdown", "trust-in-everyone")
    assert (
        "| broadened | `everyone` | `sts:AssumeRole` | `root.TaskRole` | `account 111111111111` | `everyone` |" in text
    )
