"""What a value may be, as AWS's schemas say it."""

from __future__ import annotations

from typing import Any

import pytest

from tapgen.hatch.fitting import misfits

ROOT = {"definitions": {"Item": {"type": "object", "properties": {"N": {"type": "integer"}}, "required": ["N"]}}}
STRICT = {
    "type": "object",
    "properties": {"Size": {"type": "integer", "minimum": 1, "maximum": 9}},
    "additionalProperties": False,
}


def said(value: Any, node: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(misfit.path, misfit.message) for misfit in misfits(value, node, ROOT)]


@pytest.mark.parametrize(
    ("value", "node"),
    [
        ("a", {"type": "string", "enum": ["a", "b"]}),
        (7, {"type": ["string", "integer"]}),
        (7, {"type": "number", "minimum": 7, "maximum": 7}),
        (True, {"type": "boolean"}),
        ("ab", {"type": "string", "minLength": 2, "maxLength": 2, "pattern": "^[a-c]+$"}),
        ("x", {"type": "string", "pattern": r"[\p{L}]"}),
        ({"Size": 1}, STRICT),
        ({"anything": 1}, {"type": "object"}),
        ({"x-1": "a"}, {"type": "object", "patternProperties": {"^x-": {"type": "string"}}}),
        ([{"N": 1}, {"N": 2}], {"type": "array", "items": {"$ref": "#/definitions/Item"}, "uniqueItems": True}),
        ({"Ref": "Topic"}, {"type": "string"}),
        ([{"Fn::GetAtt": ["A", "B"]}], {"type": "array", "items": {"type": "integer"}}),
        ("text", {"anyOf": [{"type": "object"}, {"type": "string"}], "type": ["object", "string"]}),
        ("whatever", {}),
    ],
)
def test_what_fits(value: Any, node: dict[str, Any]) -> None:
    assert said(value, node) == []


@pytest.mark.parametrize(
    ("value", "node", "found"),
    [
        ("c", {"type": "string", "enum": ["a", "b"]}, [((), "'c' is not possible")]),
        ("c", {"const": "a"}, [((), "'c' is not possible")]),
        (7, {"type": "string"}, [((), "must be text, not 7")]),
        (True, {"type": "integer"}, [((), "must be a whole number, not true")]),
        ("7", {"type": ["integer", "boolean"]}, [((), "must be a whole number or true or false, not '7'")]),
        (0, {"type": "integer", "minimum": 1}, [((), "0 is too low")]),
        (2, {"type": "integer", "maximum": 1}, [((), "2 is too high")]),
        ("", {"type": "string", "minLength": 1}, [((), "has 0 characters")]),
        ("abc", {"type": "string", "maxLength": 2}, [((), "has 3 characters")]),
        ("abd", {"type": "string", "pattern": "^[a-c]+$"}, [((), "'abd' is not possible")]),
        ({"Siz": 1}, STRICT, [(("Siz",), "Siz is not a property here")]),
        ({"Size": 10}, STRICT, [(("Size",), "10 is too high")]),
        ({}, {"$ref": "#/definitions/Item"}, [((), "lacks N, which AWS requires")]),
        ([1, 1], {"type": "array", "uniqueItems": True}, [((), "has the same entry twice")]),
        ([], {"type": "array", "minItems": 1}, [((), "has 0 entries")]),
        ([1, 2], {"type": "array", "maxItems": 1}, [((), "has 2 entries")]),
        (
            [{"N": "x"}],
            {"type": "array", "items": {"$ref": "#/definitions/Item"}},
            [((0, "N"), "must be a whole number, not 'x'")],
        ),
    ],
)
def test_what_does_not(value: Any, node: dict[str, Any], found: list[tuple[Any, ...]]) -> None:
    assert said(value, node) == found
