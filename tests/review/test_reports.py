"""A review as people and programs read it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import escape
from pathlib import Path

import jsonschema
import pytest
import yaml
from markdown_it import MarkdownIt

from tapgen.review.causes import Cause, Causes, Line, Move
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
    assert data.pop("rollouts") == {"services": [], "unknown": [], "minutes": 0}
    assert data == {"version": 1, "changes": [], "dangers": [], "access": [], "order": []}


KEPT = 'Resources: {Topic: {Type: "AWS::SNS::Topic", DeletionPolicy: %s}}'


def test_what_only_the_template_says_is_not_nothing() -> None:
    for before, after in (("Delete", "Retain"), ("Retain", "Delete")):
        found = review({"a.yaml": KEPT % before}, {"a.yaml": KEPT % after})
        for form in ("text", "markdown"):
            written = FORMATS[form](found)
            assert "Changed in the template alone" in written
            assert "Nothing." not in written
            assert re.search(f"DeletionPolicy`?: `?{before}`? (->|→) `?{after}", written)


def test_the_order_of_what_is_deleted_is_told_by_every_format() -> None:
    found = reviewed(PAIRS[0].parent / "namespace-is-replaced.yaml")
    steps = ["create the new root.Space", "create the new root.Entry", "delete the old root.Space"]
    assert "\n".join(["Order (3)", *(f"  {step}" for step in steps)]) in FORMATS["text"](found)
    assert "\n".join(f"1. {step}" for step in steps) in FORMATS["markdown"](found)
    assert json.loads(FORMATS["json"](found))["order"] == [
        {"action": "create", "address": "root.Space"},
        {"action": "create", "address": "root.Entry", "after": ["root.Space"]},
        {"action": "delete", "address": "root.Space"},
    ]


def test_a_comment_is_found_again_and_never_too_long() -> None:
    topics = "".join(f'  Topic{number}: {{Type: "AWS::SNS::Topic"}}\n' for number in range(3000))
    found = review({"a.yaml": "Resources:\n  One: {Type: X::Y::Z}\n"}, {"a.yaml": f"Resources:\n{topics}"})
    text = FORMATS["markdown"](found)
    assert text.startswith(MARKER)
    assert len(text) <= LONGEST
    assert "**3000** added" in text
    assert text.count("`a.Topic") + int(re.search(r"…and (\d+) more", text)[1]) == 3000  # type: ignore[index]
    assert text.count("<details>") == text.count("</details>")


def test_a_long_bill_leaves_room_for_the_rest() -> None:
    keys = "".join(f"  Key{number}: {{Type: AWS::CloudWatch::Dashboard}}\n" for number in range(1000))
    found = review({"a.yaml": "Resources:\n  One: {Type: X::Y::Z}\n"}, {"a.yaml": f"Resources:\n{keys}"})
    text = FORMATS["markdown"](found)
    assert "About +3,000.00 USD a month" in text
    assert text.count("a.Key") < 2000, "the bill is cut"
    assert "<summary>Added (1000)</summary>" in text
    assert "<summary>Removed (1)</summary>" in text


ROOT = 'Shop%d: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: shop%d.yaml, Parameters: {Vpc: %s}}}'
NETWORK = """
Resources: {Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: %s}}}
Outputs: {Vpc: {Value: !Ref Vpc}}
"""
SHOP = """
Parameters: {Vpc: {Type: String}}
Resources:
  TargetGroupOfAllThatIsSold: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {VpcId: !Ref Vpc}}
  AlternateTargetGroupOfAllThatIsSold: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {VpcId: !Ref Vpc}}
  GroupOfAllThatIsSold: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: a, VpcId: !Ref Vpc}}
  Carts: {Type: AWS::DynamoDB::Table, DeletionPolicy: %s}
"""


def moved(services: int) -> Review:
    """Many services in a network whose addresses move, and all of them no longer keep their data."""
    nested = "".join(f"  {ROOT % (n, n, '!GetAtt Network.Outputs.Vpc')}\n" for n in range(services))
    network = '  Network: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: network.yaml}}\n'
    root = {"prod/root.yaml": f"Resources:\n{network}{nested}"}
    sides = (
        {"prod/network.yaml": NETWORK % cidr} | {f"prod/shop{n}.yaml": SHOP % policy for n in range(services)}
        for cidr, policy in (("10.0.0.0/16", "Retain"), ("10.9.0.0/16", "Delete"))
    )
    return review(*(root | each for each in sides))


def test_of_a_huge_change_the_worst_comes_first_and_everything_replaced_is_named() -> None:
    found = moved(100)
    text = FORMATS["markdown"](found)
    assert len(found.replaced) == 301
    assert 50_000 < len(text) <= LONGEST
    titles = re.findall(r"^####? (\w+)|<summary>(.+?)</summary>", text, flags=re.MULTILINE)
    assert ["".join(each) for each in titles] == [
        "What",
        "Danger",
        "85 more",
        "Replaced (301)",
        "Changed in the template alone (100)",
        "Order of creation and deletion (602)",
    ]
    folded = text.partition("Replaced (301)")[2]
    assert all(f"- `{address}` " in folded for address in found.replaced)
    first, last = (folded.partition(f"- `{address}` ")[2] for address in (found.replaced[1], found.replaced[-1]))
    assert first.splitlines()[1].startswith("  - because `Vpc"), "why, as far as there is room"
    assert not last.splitlines()[1].startswith("  - because")
    danger = text.partition("<summary>85 more")[0]
    assert danger.count("| 🟠 protection | `prod/shop") == 15


def seen(text: str) -> list[str]:
    """What a comment consists of, as the parser of Markdown that is in the environment renders it."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    return [f"{each.type} {each.content}".strip() for each in tokens if each.nesting == 0 or "table_" in each.type]


def test_a_huge_change_renders_as_tables_and_lists_that_are_folded_and_closed() -> None:
    tokens = seen(FORMATS["markdown"](moved(100)))
    assert tokens.count("table_open") == tokens.count("table_close") == 2
    folds = [each for each in tokens if each.startswith("html_block <details>")]
    assert len(folds) == len([each for each in tokens if each == "html_block </details>"]) == 4
    assert not [each for each in tokens if each.startswith("inline |")], "a row outside of its table"


HOSTILE = "a```b|c</details>@team <b>*d*"


def test_no_value_breaks_out_of_the_comment() -> None:
    why = json.dumps({"com.aws.cloudformation.Context": {"mutable": "must-never-change", "why": HOSTILE}})
    template = 'Resources: {Topic: {Type: "AWS::SNS::Topic", Metadata: %s, Properties: {DisplayName: %s}}}'
    sides = ({"a.yaml": template % (why, json.dumps(value))} for value in ("x", HOSTILE))
    text = FORMATS["markdown"](review(*sides))
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert html.count(f"<code>{escape(HOSTILE)}</code>") == 1
    assert f"<td>{escape(HOSTILE).replace('@', '@' + chr(0x200B))}</td>" in html
    assert html.count("<details>") == html.count("</details>") == 1
    assert "<b>" not in html


def test_no_value_breaks_out_of_a_table_or_a_fence() -> None:
    hostile = "a`b|c\\n</details>"
    before = {"a.yaml": 'Resources: {Topic: {Type: "AWS::SNS::Topic", Properties: {DisplayName: x}}}'}
    after = {"a.yaml": f'Resources: {{Topic: {{Type: "AWS::SNS::Topic", Properties: {{DisplayName: "{hostile}"}}}}}}'}
    text = FORMATS["markdown"](review(before, after))
    assert re.search(r"``a`b\|c </details>``", text)


def test_what_changes_in_the_templates_alone_is_said() -> None:
    kept = "Resources: {Topic: {Type: 'AWS::SNS::Topic', DeletionPolicy: Retain}}"
    found = review({"root.yaml": kept.replace("Retain", "Delete")}, {"root.yaml": kept})
    assert "Changed in the template alone (1)\n  root.Topic" in FORMATS["text"](found)
    assert "DeletionPolicy" in FORMATS["markdown"](found)


SCHEMA = json.loads((PAIRS[0].parents[3] / "docs/review.schema.json").read_text())


def test_as_data_it_is_what_the_schema_says() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    told: set[str] = set()
    for path in PAIRS:
        found = json.loads(FORMATS["json"](reviewed(path)))
        validator.validate(found)
        told |= {each["effect"] for each in found["changes"]}
    assert told == set(SCHEMA["$defs"]["change"]["properties"]["effect"]["enum"]), "and nothing that never is"
    lines = (Line("tapgen.yaml", 3, "services.a.port", "changed"),)
    moves = (Move("a.Topic", "changed", ("DisplayName",)), Move("a.Queue", "added"))
    explained = Causes((Cause(lines, moves), Cause((), text="another tapgen")), moves, "nothing was rendered")
    found = json.loads(FORMATS["json"](replace(reviewed(PAIRS[0]), causes=explained)))
    assert found["causes"]["note"]
    validator.validate(found)
    del found["cost"]
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(found)
