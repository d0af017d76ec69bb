"""A template is read as CloudFormation reads it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tapgen.parse import parse


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!Condition A", {"Condition": "A"}),
        ("!GetAtt A.Outputs.B", {"Fn::GetAtt": ["A", "Outputs.B"]}),
        ("!GetAtt [A, !Ref B]", {"Fn::GetAtt": ["A", {"Ref": "B"}]}),
        ("!Sub ['${a}', {a: !Ref B}]", {"Fn::Sub": ["${a}", {"a": {"Ref": "B"}}]}),
        ("!Transform {Name: A}", {"Fn::Transform": {"Name": "A"}}),
        ("Version: 2012-10-17", {"Version": "2012-10-17"}),
        ("{a: 1, b: true, c: '1'}", {"a": 1, "b": True, "c": "1"}),
    ],
)
def test_short_forms_and_dates(text: str, data: Any) -> None:
    assert parse(text) == data


def test_a_python_tag_makes_nothing() -> None:
    with pytest.raises(yaml.YAMLError):
        parse("!!python/object/apply:os.getcwd []")
