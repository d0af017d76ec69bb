"""Where everything in a picture goes: ELK says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tapgen.graph.arrows import Arrow
from tapgen.graph.elk import Graph, layout
from tapgen.graph.lettering import BOLD, width
from tapgen.graph.parts import Part
from tapgen.graph.picture import Box, Picture

CARD = 52
"""How high a part is."""

TITLE, CAPTION, NOTE, LABEL, PILL = 13, 11.5, 10.5, 10, 9.5
"""Sizes of letters."""

ICON = 48
"""The room that an icon takes, with what is around it."""

CHIP_GAP = 8
"""The room between chips."""

_NARROWEST, _WIDEST = 118, 270
_HEAD = 34
"""The room that the title of a box takes."""

_MARGIN = 24

_MAIN = {
    "elk.algorithm": "layered",
    "elk.direction": "RIGHT",
    "elk.hierarchyHandling": "INCLUDE_CHILDREN",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.json.shapeCoords": "ROOT",
    "elk.json.edgeCoords": "ROOT",
    "elk.randomSeed": "1",
    "elk.padding": "[top=0,left=0,bottom=0,right=0]",
}
_FLOW = {
    "elk.spacing.nodeNode": "20",
    "elk.spacing.edgeNode": "16",
    "elk.spacing.edgeEdge": "10",
    "elk.spacing.componentComponent": "20",
    "elk.layered.spacing.nodeNodeBetweenLayers": "26",
    "elk.layered.spacing.edgeNodeBetweenLayers": "12",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "9",
    "elk.layered.mergeHierarchyCrossingEdges": "true",
    "elk.edgeLabels.inline": "true",
}
_NEAT = {"elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX"}
_FAST = {"elk.layered.nodePlacement.strategy": "BRANDES_KOEPF", "elk.layered.thoroughness": "3"}
_MANY = 60
"""Parts from which on what is neat takes too long: for 100 services in a row 96 s, and what is fast 4 s."""

_PACKED = {
    "elk.algorithm": "rectpacking",
    "elk.spacing.nodeNode": "14",
    "elk.json.shapeCoords": "ROOT",
    "elk.rectpacking.widthApproximation.strategy": "TARGET_WIDTH",
}

Point = tuple[float, float]


@dataclass(frozen=True)
class Area:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float) -> Area:
        """It elsewhere."""
        return Area(self.x + x, self.y + y, self.width, self.height)


@dataclass(frozen=True)
class Way:
    """An arrow, the corners that it goes through, and where its label is."""

    arrow: Arrow
    points: tuple[Point, ...]
    label: Area | None


@dataclass(frozen=True)
class Plan:
    """A picture with all places, from the outermost box to the innermost."""

    picture: Picture
    width: float
    height: float
    boxes: tuple[tuple[Box, Area], ...]
    parts: tuple[tuple[Part, Area], ...]
    ways: tuple[Way, ...]


def plan(picture: Picture) -> Plan:
    """Lay a picture out: what flows from left to right, and beneath it what serves all."""
    flow = _FLOW | (_FAST if len(picture.parts) > _MANY else _NEAT)
    graph = _node(picture.main, _ports(picture.arrows), flow)
    main = layout({**graph, "layoutOptions": _MAIN | flow, "edges": _edges(picture.arrows)})
    boxes, parts = _areas(picture.main, main), _parts(picture.main, main)
    across, down = float(main.get("width", 0)), float(main.get("height", 0))
    if picture.aside.parts or picture.aside.boxes:
        aside = layout({**_node(picture.aside, {}, {}), "layoutOptions": _packing(max(across, 4 * _WIDEST))})
        below = (0.0, down + _HEAD + 10 if down else 0.0)
        boxes += [(box, area.moved(*below)) for box, area in _areas(picture.aside, aside)]
        parts += [(part, area.moved(*below)) for part, area in _parts(picture.aside, aside)]
        across, down = max(across, float(aside["width"])), below[1] + float(aside["height"])
    return Plan(picture, across, down, tuple(boxes), tuple(parts), tuple(_ways(picture.arrows, main)))


def _packing(across: float) -> dict[str, str]:
    return _PACKED | {
        "elk.rectpacking.widthApproximation.targetWidth": f"{across:.0f}",
        "elk.padding": "[top=0,left=0,bottom=0,right=0]",
    }


def _node(box: Box, ports: Mapping[str, list[Graph]], flow: Mapping[str, str]) -> Graph:
    inner = {
        "elk.padding": f"[top={_HEAD + 6},left=14,bottom=14,right=14]",
        "elk.nodeSize.constraints": "MINIMUM_SIZE",
        "elk.nodeSize.minimum": f"({head_width(box)}, {CARD})",
    }
    children = [*(_card(part, ports) for part in box.parts), *(_node(each, ports, flow) for each in box.boxes)]
    return {"id": box.id, "layoutOptions": {**inner, **flow}, "children": children}


def _card(part: Part, ports: Mapping[str, list[Graph]]) -> Graph:
    options = {"elk.portConstraints": "FIXED_SIDE"}
    size = {"width": card_width(part), "height": CARD}
    return {"id": part.id, **size, "layoutOptions": options, "ports": ports.get(part.id, [])}


def _ports(arrows: Sequence[Arrow]) -> dict[str, list[Graph]]:
    """Where arrows begin and end: those of one kind begin together, and each ends on its own."""
    found: dict[str, dict[str, Graph]] = {}
    for each in arrows:
        for part, id_, side in zip(_ends(each), _ports_of(each), ("EAST", "WEST"), strict=True):
            found.setdefault(part, {})[id_] = {"id": id_, "layoutOptions": {"elk.port.side": side}}
    return {part: list(ports.values()) for part, ports in found.items()}


def _ports_of(arrow: Arrow) -> tuple[str, str]:
    left, right = _ends(arrow)
    return f"{left} {arrow.flow} right", f"{right} {arrow.flow} left of {left}"


def head_width(box: Box) -> int:
    """How wide what stands above all in a box is."""
    words = width(box.title, CAPTION * BOLD) + width(f"  {box.note}", NOTE) + 32
    return round(words + sum(chip_width(chip) + CHIP_GAP for chip in box.chips))


def chip_width(part: Part) -> float:
    """How wide the chip of a part is."""
    return round(width(part.title, NOTE) + 32, 1)


def card_width(part: Part) -> float:
    """How wide a part is: as its words are."""
    words = max(width(part.title, TITLE * BOLD), width(part.note, NOTE))
    return float(min(max(round(ICON + words + 16), _NARROWEST), _WIDEST))


def _edges(arrows: Sequence[Arrow]) -> list[Graph]:
    found = []
    for place, each in enumerate(arrows):
        left, right = _ports_of(each)
        found.append({"id": str(place), "sources": [left], "targets": [right], "labels": _labels(each)})
    return found


def _ends(arrow: Arrow) -> tuple[str, str]:
    """The part on the left and the one on the right: queues stand right of workers, as of all who use them."""
    return (arrow.target, arrow.source) if arrow.backwards else (arrow.source, arrow.target)


def _labels(arrow: Arrow) -> list[Graph]:
    if not arrow.label:
        return []
    return [{"id": "label", "text": arrow.label, "width": round(width(arrow.label, LABEL)) + 8, "height": 14}]


def _found(graph: Graph) -> Iterator[Graph]:
    yield graph
    for child in graph.get("children", ()):
        yield from _found(child)


def _areas(box: Box, graph: Graph) -> list[tuple[Box, Area]]:
    placed = {node["id"]: _area(node) for node in _found(graph)}
    return [(each, placed[each.id]) for each in box.walk() if each is not box]


def _parts(box: Box, graph: Graph) -> list[tuple[Part, Area]]:
    placed = {node["id"]: _area(node) for node in _found(graph)}
    return [(part, placed[part.id]) for each in box.walk() for part in each.parts]


def _area(node: Graph) -> Area:
    return Area(*(round(float(node.get(key, 0)), 1) for key in ("x", "y", "width", "height")))


def _ways(arrows: Sequence[Arrow], graph: Graph) -> Iterator[Way]:
    edges = {edge["id"]: edge for node in _found(graph) for edge in node.get("edges", ())}
    for place, arrow in enumerate(arrows):
        edge = edges[str(place)]
        label = next((_area(each) for each in edge.get("labels", ())), None)
        corners = tuple(_corners(edge))
        yield Way(arrow, corners[::-1] if arrow.backwards else corners, label)


def _corners(edge: Any) -> Iterator[Point]:
    for section in edge.get("sections", ()):
        for point in (section["startPoint"], *section.get("bendPoints", ()), section["endPoint"]):
            yield round(float(point["x"]), 1), round(float(point["y"]), 1)
