"""On which capacity tasks run, and who may let them go."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapgen.config.scaling import Capacity, OnDemand, Spot, Tasks
from tapgen.config.service import Service
from tapgen.layers.service.scaling import capacity
from tapgen.parse import parse

GOLDEN = Path(__file__).parents[2] / "golden" / "platforms"


def shown(path: Path) -> str:
    """A golden template in the name of a test."""
    return str(path.relative_to(GOLDEN))


@pytest.mark.parametrize(
    ("on_demand", "spot", "expected"),
    [
        pytest.param({}, {}, [("FARGATE", 3, 1), ("FARGATE_SPOT", 0, 3)], id="a floor of the fewest tasks"),
        pytest.param({"base": 1}, {}, [("FARGATE", 1, 1), ("FARGATE_SPOT", 0, 3)], id="a lower floor"),
        pytest.param({"base": 0}, {}, [("FARGATE", 0, 1), ("FARGATE_SPOT", 0, 3)], id="no floor"),
        pytest.param({}, {"weight": 0}, [("FARGATE", 3, 1)], id="no Spot"),
        pytest.param({"base": 0, "weight": 0}, {}, [("FARGATE_SPOT", 0, 3)], id="nothing but Spot"),
        pytest.param({"weight": 0}, {}, [("FARGATE", 3, 0), ("FARGATE_SPOT", 0, 3)], id="Spot above the floor"),
        pytest.param({"base": 0}, {"base": 2}, [("FARGATE", 0, 1), ("FARGATE_SPOT", 2, 3)], id="a floor on Spot"),
    ],
)
def test_capacity(on_demand: dict[str, int], spot: dict[str, int], expected: list[tuple[str, int, int]]) -> None:
    service = Service(
        name="api",
        tasks=Tasks(min=3, max=9),
        capacity=Capacity(on_demand=OnDemand(**on_demand), spot=Spot(**spot)),
    )
    strategy = [item.to_dict() for item in capacity(service)]
    assert [(item["CapacityProvider"], item["Base"], item["Weight"]) for item in strategy] == expected


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/templates_out/*/service-*.yaml")), ids=shown)
def test_where_a_message_wakes_it_the_queue_alone_lets_tasks_go(path: Path) -> None:
    resources = parse(path.read_text())["Resources"]
    keeping = {
        title: each["Properties"]["TargetTrackingScalingPolicyConfiguration"].get("DisableScaleIn", False)
        for title, each in resources.items()
        if each["Type"] == "AWS::ApplicationAutoScaling::ScalingPolicy" and title != "WakeUp"
    }
    assert keeping == {title: "WakeUp" in resources and title != "QueueScaling" for title in keeping}
