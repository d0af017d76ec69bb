"""What a review must not contain, and what of it is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapgen.config.accepted import acceptances
from tapgen.errors import ConfigError
from tapgen.review.gate import KINDS, Finding, concerned, findings, is_kind, judge
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


ROOT = 'Resources: {Network: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: network.yaml}}}'
GATEWAYS = "".join(f'  Nat{number}: {{Type: "AWS::EC2::NatGateway"}}\n' for number in range(3))
PLAIN = 'Resources:\n  Topic: {Type: "AWS::SNS::Topic"}\n'
DEARER = review(
    {"dev/root.yaml": ROOT, "dev/network.yaml": PLAIN, "prod/root.yaml": ROOT, "prod/network.yaml": PLAIN},
    {"dev/root.yaml": ROOT, "dev/network.yaml": PLAIN, "prod/root.yaml": ROOT, "prod/network.yaml": PLAIN + GATEWAYS},
)


def test_a_root_that_costs_more_than_a_limit_is_found() -> None:
    """Three gateways for 32.85 each."""
    assert findings(DEARER, ["cost>98.55"]) == []
    (found,) = findings(DEARER, ["cost>98.54"])
    assert str(found) == "cost: prod +98.55 a month, by an estimate: more than 98.54"
    assert kinds(findings(DEARER, ["cost>50", "cost>500"])) == ["cost"]
    assert findings(DEARER, KINDS) == [], "without a limit nothing is too dear"


def test_what_may_cost_more_counts_as_what_it_costs_at_the_least() -> None:
    condition = "Conditions: {Two: !Equals [!Ref AWS::Region, a]}\n"
    nat = "  Nat: {Type: AWS::EC2::NatGateway, Condition: Two}\n"
    assert findings(review({"a.yaml": condition + PLAIN}, {"a.yaml": condition + PLAIN + nat}), ["cost>0"]) == []


@pytest.mark.parametrize(
    ("word", "known"),
    [("cost>50", True), ("cost>0.5", True), ("cost", False), ("cost>", False), ("cost>-1", False), ("access", True)],
)
def test_a_cost_needs_a_limit(word: str, known: bool) -> None:
    assert is_kind(word) is known


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


def test_what_costs_more_can_be_accepted(tmp_path: Path) -> None:
    known = acceptances(
        accepted(tmp_path, "kind: cost, address: prod, reason: every zone gets a gateway, until: 2026-12-31")
    )
    assert judge(findings(DEARER, ["cost>50"]), known, "2026-12-31") == []


@pytest.mark.parametrize(
    ("asked", "environments", "vain"),
    [
        (["replace", "cost>50"], (), ["a.Topic", "b/data.Topic", "*.Topic", "a"]),
        (["replace"], (), ["a.Topic", "b/data.Topic", "*.Topic"]),
        (["replace"], ("a",), ["a.Topic"]),
        (["replace"], ("b",), ["b/data.Topic"]),
    ],
)
def test_what_nobody_asked_about_is_not_in_vain(
    tmp_path: Path, asked: list[str], environments: tuple[str, ...], vain: list[str]
) -> None:
    entries = (("replace", each) for each in ("'*.Carts'", "a.Topic", "b/data.Topic", "'*.Topic'"))
    known = acceptances(
        accepted(
            tmp_path,
            *(
                f"kind: {kind}, address: {each}, {REASON}, until: 2026-12-31"
                for kind, each in [*entries, ("cost", "a")]
            ),
        )
    )
    found = findings(REVIEW, asked)
    left = judge(found, concerned(found, known, asked, environments), "2026-11-01")
    assert [str(each).split()[2] for each in left] == vain


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


QUEUE = """
  {0}: {{Type: "AWS::SQS::Queue"}}
  {0}Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref {0}]
      PolicyDocument:
        Statement: {{Effect: Allow, Principal: "{1}", Action: "sqs:{2}", Resource: !GetAtt {0}.Arn}}
"""


def queues(who: str) -> dict[str, str]:
    return {
        "a.yaml": "Resources:"
        + QUEUE.format("Mails", who, "SendMessage")
        + QUEUE.format("Parcels", who, "ReceiveMessage")
    }


def test_access_is_accepted_to_one_thing_at_a_time(tmp_path: Path) -> None:
    opened = review(queues("111111111111"), queues("*"))
    found = findings(opened, ["access"])
    assert len(found) == 2
    entry = f'kind: access, address: "{found[0].address}", {REASON}, until: 2026-12-31'
    assert judge(found, acceptances(accepted(tmp_path, entry)), "2026-11-01") == found[1:]


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
