"""A review as people and programs read it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tapgen.review.cost import table
from tapgen.review.reports import FORMATS
from tapgen.review.reports.markdown import LONGEST, MARKER
from tapgen.review.review import Review, review

PAIRS = sorted((Path(__file__).parents[1] / "golden/review").glob("*.yaml"))


def reviewed(path: Path) -> Review:
    pair = yaml.safe_load(path.read_text())
    return review(pair["before"], pair["after"])


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_every_format_names_everything(path: Path) -> None:
    found = reviewed(path)
    written = {name: write(found) for name, write in FORMATS.items()}
    assert json.loads(written["json"])["version"] == 1
    for danger in found.dangers:
        for form, text in written.items():
            assert danger.address in text, form
    for cost in found.cost.changes:
        for form, text in written.items():
            assert cost.address in text, form
            assert form == "json" or cost.before.rise(cost.after) in text, form
    for address in found.replaced:
        assert all(address in text for text in written.values())


def test_where_nothing_changes_that_is_said() -> None:
    same = {"a.yaml": 'Resources: {Topic: {Type: "AWS::SNS::Topic"}}'}
    found = review(same, same)
    assert FORMATS["text"](found) == "nothing changes\n"
    assert FORMATS["markdown"](found).endswith("Nothing.\n")
    data = json.loads(FORMATS["json"](found))
    assert data.pop("cost") == {
        "currency": "USD",
        "region": "us-east-1",
        "date": table().date,
        "before": {"least": 0, "most": 0},
        "after": {"least": 0, "most": 0},
        "changes": [],
        "uncovered": [],
    }
    assert data == {"version": 1, "changes": [], "dangers": [], "access": []}


def test_a_comment_is_found_again_and_never_too_long() -> None:
    topics = "".join(f'  Topic{number}: {{Type: "AWS::SNS::Topic"}}\n' for number in range(3000))
    found = review({"a.yaml": "Resources:\n  One: {Type: X::Y::Z}\n"}, {"a.yaml": f"Resources:\n{topics}"})
    text = FORMATS["markdown"](found)
    assert text.startswith(MARKER)
    assert len(text) <= LONGEST
    assert "3000" in text, "what was cut is counted"
    assert "…and more" in text
    assert text.count("<details>") == text.count("</details>")


def test_a_long_bill_leaves_room_for_the_rest() -> None:
    keys = "".join(f"  Key{number}: {{Type: AWS::CloudWatch::Dashboard}}\n" for number in range(1000))
    found = review({"a.yaml": "Resources:\n  One: {Type: X::Y::Z}\n"}, {"a.yaml": f"Resources:\n{keys}"})
    text = FORMATS["markdown"](found)
    assert "About +3,000.00 USD a month" in text
    assert "| …and 900 more |" in text
    assert "<summary>Removed (1)</summary>" in text


def test_no_value_breaks_out_of_a_table_or_a_fence() -> None:
    hostile = "a`b|c\\n</details>"
    before = {"a.yaml": 'Resources: {Topic: {Type: "AWS::SNS::Topic", Properties: {DisplayName: x}}}'}
    after = {"a.yaml": f'Resources: {{Topic: {{Type: "AWS::SNS::Topic", Properties: {{DisplayName: "{hostile}"}}}}}}'}
    text = FORMATS["markdown"](review(before, after))
    assert re.search(r"``a`b\|c </details>``", text)
