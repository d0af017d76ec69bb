"""Findings at the lines of templates, as SARIF and as annotations of GitHub."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from tapgen.cli import tapgen
from tapgen.review import causes
from tapgen.review.gate import KINDS, findings
from tapgen.review.reports import AT_LINES
from tapgen.review.reports.github import MOST
from tapgen.review.reports.rules import RULES
from tapgen.review.review import Review, review

PROJECT = Path(__file__).parents[2]
FOLDER = Path("templates_out")
PAIRS = sorted((PROJECT / "tests/golden/review").glob("*.yaml"))
SCHEMA = json.loads((Path(__file__).parent / "schemas/sarif-2.1.0-rtm.5.json").read_text())

BEFORE = """\
Resources:
  Carts:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      TableName: carts
      BillingMode: PAY_PER_REQUEST
      KeySchema:
      - AttributeName: id
        KeyType: HASH
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      KmsMasterKeyId: alias/aws/sns
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
  Gone:
    Type: AWS::SNS::Topic
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      LoadBalancerAttributes:
      - Key: idle_timeout.timeout_seconds
        Value: "60"
      - Key: deletion_protection.enabled
        Value: "true"
"""
AFTER = (
    BEFORE.replace("DeletionPolicy: Retain\n", "DeletionPolicy: Delete\n", 1)
    .replace("AttributeName: id", "AttributeName: number")
    .replace("KmsMasterKeyId: alias/aws/sns", "DisplayName: news")
    .replace("  Gone:\n    Type: AWS::SNS::Topic\n", "")
    .replace(
        "      GroupDescription: web\n",
        "      GroupDescription: web\n      SecurityGroupIngress:\n"
        "      - {CidrIp: 0.0.0.0/0, IpProtocol: tcp, FromPort: 22, ToPort: 22}\n",
    )
    .replace('Value: "true"', 'Value: "false"')
)
CHANGED = review({"dev/root.yaml": BEFORE}, {"dev/root.yaml": AFTER})


def sarif(found: Review) -> Any:
    log = json.loads(AT_LINES["sarif"](found, FOLDER, Path()))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    return log["runs"][0]


def place(result: Any) -> tuple[str, int]:
    physical = result["locations"][0]["physicalLocation"]
    return unquote(physical["artifactLocation"]["uri"]), physical["region"]["startLine"]


def at(found: Review) -> dict[str, tuple[str, str]]:
    """The file and the text of the line of every result, by kind."""
    written = {stack.path: stack.text.splitlines() for stack in found.after.values()}
    places = {each["ruleId"]: place(each) for each in sarif(found)["results"]}
    return {
        kind: (file, written[file.removeprefix("templates_out/")][line - 1].strip())
        for kind, (file, line) in places.items()
    }


def test_the_schema_refuses_what_is_no_sarif() -> None:
    jsonschema.Draft4Validator.check_schema(SCHEMA)
    log = json.loads(AT_LINES["sarif"](CHANGED, FOLDER, Path()))
    log["runs"][0]["results"][0]["level"] = "catastrophe"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate(log)


def test_a_finding_stands_at_the_property_that_does_it() -> None:
    assert at(CHANGED) == {
        "must-fail": ("templates_out/dev/root.yaml", "TableName: carts"),
        "downtime": ("templates_out/dev/root.yaml", "Carts:"),
        "protection": ("templates_out/dev/root.yaml", 'Value: "false"'),
        "access": ("templates_out/dev/root.yaml", "Web:"),
        "replace": ("templates_out/dev/root.yaml", "KeySchema:"),
        "remove": ("templates_out/dev/root.yaml", "Resources:"),
    }


def test_every_protection_has_its_own_line() -> None:
    found = [place(each)[1] for each in sarif(CHANGED)["results"] if each["ruleId"] == "protection"]
    lines = AFTER.splitlines()
    assert [lines[line - 1].strip() for line in found] == [
        "DeletionPolicy: Delete",
        "Properties:",
        'Value: "false"',
    ], "a property that is gone: what held it"


NESTING = 'Resources: {%s: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: %s.yaml}}}'
TOPIC = 'Resources: {Topic: {Type: "AWS::SNS::Topic"}}'


def test_what_is_in_no_template_any_more_stands_where_its_stack_was_nested_or_was_itself() -> None:
    parts = {"dev/root.yaml": NESTING % ("Shop", "shop"), "dev/shop.yaml": TOPIC}
    for after, file in (({"dev/root.yaml": TOPIC}, "dev/root.yaml"), ({"prod/root.yaml": TOPIC}, "dev/shop.yaml")):
        results = sarif(review(parts, after))["results"]
        (gone,) = [each for each in results if each["message"]["text"] == "dev/shop.Topic is removed"]
        assert place(gone) == (f"templates_out/{file}", 1)


def test_everything_that_can_be_refused_is_a_result_for_each_pair() -> None:
    kinds = [*(kind for kind in KINDS if kind != "cost"), "cost>0"]
    for path in PAIRS:
        pair = yaml.safe_load(path.read_text())
        found = review(pair["before"], pair["after"])
        run = sarif(found)
        wanted = findings(found, kinds)
        assert sorted(each["ruleId"] for each in run["results"]) == sorted(each.kind for each in wanted), path.stem
        for each in run["results"]:
            file, line = place(each)
            text = {**pair["before"], **pair["after"]}[file.removeprefix("templates_out/")]
            assert 1 <= line <= len(text.splitlines()), path.stem
        prints = [each["partialFingerprints"]["tapgen/v1"] for each in run["results"]]
        assert len(set(prints)) == len(prints), path.stem
        levels = [each["level"] for each in run["results"]]
        assert levels == sorted(levels, key=["error", "warning", "note"].index), "the worst first"


def prints(found: Review) -> dict[str, str]:
    return {each["partialFingerprints"]["tapgen/v1"]: each["ruleId"] for each in sarif(found)["results"]}


def test_a_fingerprint_stays_when_lines_move_and_values_are_others() -> None:
    moved = "\n\n" + AFTER.replace("AttributeName: number", "AttributeName: other")
    assert prints(review({"dev/root.yaml": BEFORE}, {"dev/root.yaml": moved})) == prints(CHANGED)
    renamed = AFTER.replace("  Topic:", "  News:")
    assert prints(review({"dev/root.yaml": BEFORE}, {"dev/root.yaml": renamed})) != prints(CHANGED)


def test_every_kind_is_explained_with_a_page_of_aws() -> None:
    assert sorted(RULES) == sorted(KINDS)
    for rule, kind in zip(sarif(CHANGED)["tool"]["driver"]["rules"], RULES, strict=True):
        assert rule["id"] == kind
        assert rule["helpUri"].startswith("https://docs.aws.amazon.com/")
        assert rule["helpUri"] in rule["help"]["markdown"]
        assert rule["shortDescription"]["text"] not in rule["help"]["text"]


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """What GitHub takes from the lines: the command, what is said of the place, the message."""
    found = []
    for line in text.splitlines():
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert match, line
        said = dict(each.split("=", 1) for each in match[2].split(","))
        found.append((match[1], {name: unquote(value) for name, value in said.items()}, unquote(match[3])))
    return found


def test_annotations_say_the_same_at_the_same_lines() -> None:
    shown = commands(AT_LINES["github"](CHANGED, FOLDER, Path()))
    results = sarif(CHANGED)["results"]
    assert [(said["file"], int(said["line"]), message) for _, said, message in shown] == [
        (*place(each), each["message"]["text"]) for each in results
    ]
    assert [said["title"] for _, said, _ in shown] == [RULES[each["ruleId"]].title for each in results]


def test_nothing_leaves_an_annotation_or_a_path() -> None:
    name = "100%::error file=a,line=1::b\\n::error::c"
    texts = [
        f'{{"Resources": {{"T": {{"Type": "AWS::SNS::Topic", "Properties": {{"TopicName": "{n}"}}}}}}}}' for n in "ab"
    ]
    found = review(*({"a,b: %c.json": text.replace('"T"', f'"{name}"')} for text in texts))
    (shown,) = commands(AT_LINES["github"](found, FOLDER, Path()))
    assert shown[0] == "warning"
    assert shown[1]["file"] == "templates_out/a,b: %c.json"
    assert shown[2].startswith("a,b: %c.100%::error file=a,line=1::b\n::error::c is replaced")
    (result,) = sarif(found)["results"]
    assert place(result)[0] == "templates_out/a,b: %c.json"


def test_no_more_annotations_than_github_shows_and_the_rest_is_counted() -> None:
    topics = "".join(f"  T{number}: {{Type: AWS::SNS::Topic, Properties: {{TopicName: %s}}}}\n" for number in range(40))
    gateways = "".join(f"  N{number}: {{Type: AWS::EC2::NatGateway}}\n" for number in range(3))
    names = [f"{letter}/root.yaml" for letter in "abcdefghijklmno"]
    before, after = (dict.fromkeys(names, f"Resources:\n{topics % ((letter,) * 40)}") for letter in "xy")
    after = {name: text + gateways for name, text in after.items()}
    shown = commands(AT_LINES["github"](review(before, after), FOLDER, Path()))
    assert [command for command, _, _ in shown].count("warning") == MOST
    assert [command for command, _, _ in shown].count("notice") == MOST
    left = 15 * 40 - MOST + 15 - (MOST - 1)
    assert shown[-1] == ("notice", {"title": "tapgen review"}, f"and {left} more: tapgen review says all")


def test_nothing_is_nothing() -> None:
    same = review({"a.yaml": TOPIC}, {"a.yaml": TOPIC})
    assert sarif(same)["results"] == []
    assert AT_LINES["github"](same, FOLDER, Path()) == ""


@pytest.mark.parametrize("where", ["", "platform", "platform/templates_out"])
def test_the_command_names_files_as_git_does(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From wherever it is called in the repository: GitHub knows no other names."""
    platform = tmp_path / "platform"
    file = platform / "templates_out/dev/root.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(BEFORE)
    monkeypatch.chdir(tmp_path)
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", *words], check=True)
    file.write_text(AFTER)
    monkeypatch.chdir(tmp_path / where)
    config = os.path.relpath(platform / "tapgen.yaml")
    called = CliRunner().invoke(tapgen, ["-C", config, "review", "HEAD", "--format", "sarif", "--fail-on", "replace"])
    assert called.exit_code == 1
    found = json.loads(called.stdout)["runs"][0]["results"]
    assert {place(each)[0] for each in found} == {"platform/templates_out/dev/root.yaml"}
    called = CliRunner().invoke(tapgen, ["-C", config, "review", "HEAD", "--format", "github"])
    assert called.exit_code == 0
    assert len(commands(called.stdout)) == len(found)


def test_outside_of_a_repository_files_are_named_as_the_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("old", BEFORE), ("new", AFTER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "root.yaml").write_text(text)
    called = CliRunner().invoke(tapgen, ["review", "-o", "new", "--against", "old", "--format", "sarif"])
    found = json.loads(called.stdout)["runs"][0]["results"]
    assert {place(each)[0] for each in found} == {"new/root.yaml"}


def test_the_lines_behind_a_finding_are_beside_it() -> None:
    """Those that are still there: what was removed stands in no file any more."""
    port, gone = (causes.Line("../tapgen.yaml", 7, "services.a.port", kind) for kind in ("changed", "removed"))
    behind = causes.Cause((port, gone), (causes.Move("dev.Carts", "changed", ("KeySchema",)),))
    found = replace(CHANGED, causes=causes.Causes((behind,)))
    log = json.loads(AT_LINES["sarif"](found, FOLDER, Path("platform/templates_out")))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    related = {each["ruleId"]: each.get("relatedLocations", []) for each in log["runs"][0]["results"]}
    assert related["remove"] == []
    (beside,) = related["replace"]
    assert beside["physicalLocation"]["artifactLocation"]["uri"] == "platform/tapgen.yaml"
    assert beside["physicalLocation"]["region"] == {"startLine": 7}
    annotations = commands(AT_LINES["github"](found, FOLDER, Path("platform/templates_out")))
    (said,) = [message for _, place, message in annotations if place["title"] == RULES["replace"].title]
    assert said.endswith("changes (from platform/tapgen.yaml:7)")
