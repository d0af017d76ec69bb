"""Everything has room, and arrows lead from part to part, at any size."""

from __future__ import annotations

from itertools import combinations

import pytest

from tapgen.graph.layout import Area, Plan, plan
from tapgen.graph.picture import picture
from tapgen.graph.scene import scene
from tapgen.review.templates import Templates
from tests.graph.platforms import EXAMPLE, FOREIGN, root, thirty

PLATFORMS = {"example": (EXAMPLE, "prod"), "cheap": (EXAMPLE, "dev"), "foreign": (FOREIGN, "main")}


def planned(templates: Templates, name: str) -> Plan:
    return plan(picture(scene(root(templates, name))))


def overlap(one: Area, other: Area) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def holds(outer: Area, inner: Area) -> bool:
    right, bottom = outer.x + outer.width, outer.y + outer.height
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= right
        and inner.y + inner.height <= bottom
    )


def on_edge(area: Area, point: tuple[float, float]) -> bool:
    level = area.y <= point[1] <= area.y + area.height
    return level and min(abs(point[0] - area.x), abs(point[0] - area.x - area.width)) <= 1


@pytest.mark.parametrize("name", [*PLATFORMS, "thirty"])
def test_nothing_overlaps_and_arrows_end_at_parts(name: str) -> None:
    found = planned(*PLATFORMS[name]) if name in PLATFORMS else planned(thirty(), "dev")
    areas = {part.id: area for part, area in found.parts}
    for (one, area), (other, second) in combinations(areas.items(), 2):
        assert not overlap(area, second), (one, other)
    for box, area in found.boxes:
        for part in box.parts:
            assert holds(area, areas[part.id]), (box.title, part.title)
        assert holds(Area(0, 0, found.width, found.height), area)
    assert found.ways
    for way in found.ways:
        assert on_edge(areas[way.arrow.source], way.points[0]), way.arrow
        assert on_edge(areas[way.arrow.target], way.points[-1]), way.arrow
        for before, after in zip(way.points, way.points[1:], strict=False):
            assert before[0] == after[0] or before[1] == after[1], "every arrow is upright or level"


def test_thirty_services_are_still_a_picture_and_not_a_strip() -> None:
    found = planned(thirty(), "dev")
    assert found.width < 4000
    assert 1 / 2 < found.width / found.height < 4
