"""What a review must not contain, and what of it is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapgen.config.accepted import acceptances
from tapgen.errors import ConfigError
from tapgen.review.gate import KINDS, Finding, findings, judge
from tapgen.review.review import review

TABLE = """
Resources:
  Carts:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: %s
    Properties: {KeySchema: [{AttributeName: %s, KeyType: HASH}], BillingMode: PAY_PER_REQUEST}
  Topic: {Type: "AWS::SNS::Topic"}
"""
REVIEW = review({"a.yaml": TABLE % ("Retain", "id")}, {"a.yaml": TABLE % ("Delete", "number")})
GONE = review({"a.yaml": TABLE % ("Delete", "id")}, {"a.yaml": 'Resources: {Topic: {Type: "AWS::SNS::Topic"}}'})


def kinds(found: list[Finding]) -> list[str]:
    return [each.kind for each in found]


def test_only_what_is_asked_for_is_found_the_gravest_first() -> None:
    assert kinds(findings(REVIEW, KINDS)) == ["replace", "data-loss", "protection"]
    assert kinds(findings(REVIEW, ["protection"])) == ["protection"]
    assert kinds(findings(GONE, KINDS)) == ["remove", "data-loss"]
    assert findings(REVIEW, []) == []


def accepted(tmp_path: Path, *entries: str) -> Path:
    path = tmp_path / "tapgen.accepted.yaml"
    path.write_text("accepted:\n" + "".join(f"- {{{each}, author: ann}}\n" for each in entries))
    return path


REASON = "reason: the table is empty so far"


def test_what_is_accepted_is_left_out_until_its_day(tmp_path: Path) -> None:
    known = acceptances(accepted(tmp_path, f"kind: replace, address: a.*, {REASON}, until: 2026-12-31"))
    found = findings(REVIEW, ["replace", "protection"])
    assert kinds(judge(found, known, "2026-12-31")) == ["protection"]
    late = judge(found, known, "2027-01-01")
    assert [str(each) for each in late[-1:]] == ["exception: replace a.* has expired on 2026-12-31"]
    assert kinds(late) == ["replace", "protection", "exception"]


def test_what_covers_nothing_is_found(tmp_path: Path) -> None:
    known = acceptances(
        accepted(
            tmp_path,
            f"kind: replace, address: a.Carts, {REASON}, until: 2026-12-31",
            f"kind: replace, address: a.Topic, {REASON}, until: 2026-12-31",
        )
    )
    left = judge(findings(REVIEW, ["replace"]), known, "2026-11-01")
    assert [str(each) for each in left] == ["exception: replace a.Topic covers nothing"]


def test_no_file_accepts_nothing(tmp_path: Path) -> None:
    assert acceptances(tmp_path / "tapgen.accepted.yaml") == ()


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (f"kind: replaced, address: a, {REASON}, until: 2026-12-31", "accepted.0.kind"),
        (f"kind: replace, address: a, {REASON}, until: 2026-13-31", "is no day of the calendar"),
        (f"kind: replace, address: a, {REASON}, until: soon", "accepted.0.until"),
        (f"kind: replace, address: a, {REASON}", "the key `until` is missing"),
        ("kind: replace, address: a, reason: so, until: 2026-12-31", "accepted.0.reason"),
    ],
)
def test_mistakes_are_pointed_at(tmp_path: Path, entry: str, told: str) -> None:
    path = accepted(tmp_path, entry)
    with pytest.raises(ConfigError) as error:
        acceptances(path)
    assert told in str(error.value)
    assert f"{path}:2:" in str(error.value)
