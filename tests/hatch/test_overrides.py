"""Overrides change what they name and nothing else; every mistake in one has its case in tests/errors/overrides."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tapgen.config.hatch import Override
from tapgen.hatch.overrides import Overrides
from tapgen.outline import outline
from tapgen.parts.context import KEY
from tapgen.stack import Body

TASK: Body = {
    "Resources": {
        "Task": {
            "Type": "AWS::ECS::TaskDefinition",
            "Metadata": {KEY: {"why": "It runs.", "must": ["Stay."]}},
            "Properties": {
                "Cpu": "256",
                "ContainerDefinitions": [
                    {"Name": "proxy", "Image": "envoy"},
                    {"Name": "app", "Image": "app", "Ulimits": [{"Name": "nofile", "SoftLimit": 1, "HardLimit": 2}]},
                ],
            },
        },
        "Other": {"Type": "AWS::SNS::Topic"},
    }
}


def override(path: str, **said: Any) -> Override:
    entry = {"layer": "a", "resource": "Task", "path": path, "why": "So it is", **said}
    return Override.model_validate(entry)


def amended(*entries: Override) -> Any:
    """The properties of the resource, and its metadata."""
    overrides, before = Overrides(entries, "eu-west-1"), copy.deepcopy(TASK)
    body = overrides.amend("a", TASK, {})
    assert list(overrides.complaints()) == []
    assert before == TASK, "what came in was changed"
    assert body["Resources"]["Other"] == TASK["Resources"]["Other"]
    return body["Resources"]["Task"]


@pytest.mark.parametrize("container", ["1", "app"])
def test_a_property_is_set_wherever_it_is(container: str) -> None:
    task = amended(override(f"ContainerDefinitions.{container}.Image", set="other"))
    assert [each["Image"] for each in task["Properties"]["ContainerDefinitions"]] == ["envoy", "other"]
    assert task["Properties"]["ContainerDefinitions"][1]["Ulimits"]


def test_what_is_missing_on_the_way_is_made() -> None:
    task = amended(override("EphemeralStorage.SizeInGiB", set=40), override("Volumes.+.Name", set="scratch"))
    assert task["Properties"]["EphemeralStorage"] == {"SizeInGiB": 40}
    assert task["Properties"]["Volumes"] == [{"Name": "scratch"}]


def test_a_plus_adds_an_entry() -> None:
    task = amended(override("ContainerDefinitions.+", set={"Name": "more", "Image": "more"}))
    assert [each["Name"] for each in task["Properties"]["ContainerDefinitions"]] == ["proxy", "app", "more"]


def test_properties_and_entries_are_removed() -> None:
    task = amended(override("ContainerDefinitions.0", remove=True), override("Cpu", remove=True))
    assert [each["Name"] for each in task["Properties"]["ContainerDefinitions"]] == ["app"]
    assert "Cpu" not in task["Properties"]


def test_the_metadata_say_what_was_done_and_why_after_what_they_said_before() -> None:
    task = amended(
        override("Cpu", remove=True, why="Sizes are set elsewhere."), override("EnableFaultInjection", set=True)
    )
    assert task["Metadata"][KEY] == {
        "why": "It runs.",
        "must": [
            "Stay.",
            "Overridden in tapgen.yaml: Cpu is removed: Sizes are set elsewhere. A change of it replaces the resource.",
            "Overridden in tapgen.yaml: EnableFaultInjection is set: So it is. A change of it replaces the resource.",
        ],
    }


def test_only_what_replaces_is_said_to() -> None:
    overrides = Overrides([override("DisplayName", set="orders", resource="Other")], "eu-west-1")
    topic = overrides.amend("a", TASK, {})["Resources"]["Other"]
    assert topic["Metadata"][KEY]["must"] == ["Overridden in tapgen.yaml: DisplayName is set: So it is."]
    assert topic["Metadata"][KEY]["why"] == "Generated, and then changed by hand."


def test_another_layer_is_left_alone() -> None:
    overrides = Overrides([override("Cpu", set="512")], "eu-west-1")
    assert overrides.amend("b", TASK, {}) is TASK
    (complaint,) = overrides.complaints()
    assert complaint.path == ("overrides", 0, "layer")


def test_an_outline_counts_them_though_lines_are_folded() -> None:
    text = "Resources:\n  A:\n    Type: X\n    # Overridden in\n    #   tapgen.yaml: a\n".replace("#", "")
    assert outline({"a.yaml": text}, "x").endswith("kB  1 override")
    assert outline({"a.yaml": text + text}, "x").endswith("kB  2 overrides")
    assert outline({"a.yaml": "Resources:\n"}, "x").endswith("kB")
