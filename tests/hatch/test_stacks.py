"""Templates of one's own: nested byte for byte, wired by name, in the order that their references ask for."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tapgen.config.read import read
from tapgen.parse import parse
from tapgen.render import render
from tapgen.write import PROVENANCE

PLATFORM = Path(__file__).parents[1] / "golden/platforms/overrides"
OWN = """\
Parameters: {From: {Type: String, Default: none}}
Resources: {Topic: {Type: "AWS::SNS::Topic"}}
Outputs: {Arn: {Value: !Ref Topic}}
"""


def rendered(folder: Path, stacks: str, env: str = "{}") -> dict[str, Any]:
    (folder / "own.yaml").write_text(OWN)
    (folder / "tapgen.yaml").write_text(
        f"name: shop\nservices: {{worker: {{env: {env}}}}}\ndefaults:\n  stacks: {stacks}\n"
        "environments: {dev: {account: 111111111111, region: eu-west-1}}\n"
    )
    return {path: parse(text) for path, text in render(read(folder / "tapgen.yaml")).items()}


def test_the_template_is_copied_byte_for_byte(tmp_path: Path) -> None:
    shutil.copytree(PLATFORM, tmp_path, dirs_exist_ok=True)
    source = tmp_path / "infra/cache.yaml"
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n") + "# Größe".encode())
    copied = render(read(tmp_path / "tapgen.yaml"))["dev/stack-cache.yaml"]
    first, second, rest = copied.split("\n", 2)
    assert (first, second) == (PROVENANCE, "# What follows is a copy of infra/cache.yaml.")
    assert rest.encode() == source.read_bytes()


def test_stacks_come_after_what_they_refer_to_whatever_their_order(tmp_path: Path) -> None:
    stacks = '{first: {template: own.yaml, parameters: {From: "${second.Arn}"}}, second: {template: own.yaml}}'
    root = rendered(tmp_path, stacks)["dev/root.yaml"]["Resources"]
    assert root["StackFirst"]["Properties"]["Parameters"] == {"From": {"Fn::GetAtt": ["StackSecond", "Outputs.Arn"]}}
    assert list(root).index("StackSecond") < list(root).index("StackFirst")


def test_after_is_an_order_without_a_value(tmp_path: Path) -> None:
    stacks = "{a: {template: own.yaml, after: [alerts, b]}, b: {template: own.yaml}}"
    root = rendered(tmp_path, stacks)["dev/root.yaml"]["Resources"]
    assert root["StackA"]["DependsOn"] == ["Alerts", "StackB"]
    assert "DependsOn" not in root["StackB"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("${own.Arn}", {"Ref": "StackOwnArn"}),
        ("to ${own.Arn}", {"Fn::Sub": "to ${StackOwnArn}"}),
        ("to ${own.Arn} ${HOME}", {"Fn::Sub": "to ${StackOwnArn} ${!HOME}"}),
    ],
)
def test_a_variable_takes_an_output_and_its_service_comes_after(said: str, meant: object, tmp_path: Path) -> None:
    templates = rendered(tmp_path, "{own: {template: own.yaml}}", f'{{A: "{said}"}}')
    task = templates["dev/service-worker.yaml"]["Resources"]["TaskDefinition"]["Properties"]
    variables = {each["Name"]: each["Value"] for each in task["ContainerDefinitions"][0]["Environment"]}
    assert variables["A"] == meant
    given = templates["dev/root.yaml"]["Resources"]["ServiceWorker"]["Properties"]["Parameters"]
    assert given["StackOwnArn"] == {"Fn::GetAtt": ["StackOwn", "Outputs.Arn"]}
