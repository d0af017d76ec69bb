"""The schema in the repository is that of the models, and editors agree with tapgen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapgen.config import schema
from tapgen.config.model import File

ROOT = Path(__file__).parent.parent.parent


def test_the_schema_in_the_repository_is_that_of_the_models(golden: Callable[[Path, str], None]) -> None:
    golden(ROOT / "tapgen.schema.json", schema.schema())


def nodes(node: Any) -> list[dict[str, Any]]:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [*([node] if isinstance(node, dict) else []), *(found for item in below for found in nodes(item))]


def test_every_key_is_described_and_unknown_ones_are_refused() -> None:
    made = json.loads(schema.schema())
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for model in (made, *made["$defs"].values()):
        assert model["additionalProperties"] is False
        assert model["description"]
        for key, described in model["properties"].items():
            assert described.get("description") or "$ref" in described, key
            assert "title" not in described, key


def test_every_description_can_stand_alone() -> None:
    """Editors show it beside the key, without what stands above."""
    made = schema.of(File)
    described = {
        f"{model.get('description', '')[:20]} {key}": node["description"]
        for model in (made, *made["$defs"].values())
        for key, node in model["properties"].items()
    }
    assert len(described) > 50
    short = [key for key, said in described.items() if len(said.split()) < 4]
    bare = [key for key, said in described.items() if re.search(r"\b(these|it|so many)\b", said, re.IGNORECASE)]
    assert (short, bare) == ([], [])


def test_every_pattern_is_said_in_words() -> None:
    patterns = [node for node in nodes(json.loads(schema.schema())) if "pattern" in node]
    assert len(patterns) > 20
    assert all(node.get("patternErrorMessage") for node in patterns)
    assert not any("patternProperties" in node for node in nodes(schema.of(File)))


@pytest.mark.parametrize(
    ("path", "key", "said"),
    [
        (("services", "x", "port"), "maximum", 65535),
        (("services", "x", "tasks", "min"), "minimum", 0),
        (("services", "x", "ports", "admin"), "minimum", 1),
        (("services", "x", "calls", 3), "maxLength", 63),
        (("environments", "dev", "services", "x", "cpu"), "default", 1024),
        (("defaults", "network", "endpoints"), "enum", ["gateway", "interface"]),
        (("ci", "repository"), "type", "string"),
    ],
)
def test_what_is_said_of_a_value_is_found_by_its_path(path: tuple[str | int, ...], key: str, said: Any) -> None:
    assert schema.at(schema.of(File), path)[key] == said


def test_nothing_is_said_of_what_cannot_be() -> None:
    assert schema.at(schema.of(File), ("services", "x", "port", "deeper", 1)) == {}
