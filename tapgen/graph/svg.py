"""A plan as SVG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from xml.etree.ElementTree import Element, SubElement, fromstring, indent, tostring

from tapgen.graph.layout import CHIP_GAP, ICON, NOTE, PILL, TITLE, Area, Plan, Point, Way, chip_width
from tapgen.graph.lettering import BOLD, shortened, width
from tapgen.graph.marks import LEVELS, Mark
from tapgen.graph.parts import Part
from tapgen.graph.picture import Box
from tapgen.graph.themes import style

_MARGIN, _TOP = 28, 84
_ROUND = 7
_HEAD = 6
_NAMESPACE = "http://www.w3.org/2000/svg"
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold: https://www.w3.org/TR/xml/#charsets"""

Marks = Mapping[str, Mark]


def svg(plan: Plan, marks: Marks | None = None) -> str:
    """A picture on its own, that is light or dark as whoever looks at it likes it."""
    root = drawing(plan, marks or {})
    sheet = Element("style")
    sheet.text = f"\n{style()}"
    root.insert(1, sheet)
    root.set("xmlns", _NAMESPACE)
    return tostring(root, encoding="unicode") + "\n"


def drawing(plan: Plan, marks: Marks) -> Element:
    """A picture as an element, without its style."""
    wide = max(plan.width, _heading_width(plan)) + 2 * _MARGIN
    high = plan.height + _TOP + _MARGIN
    size = {"viewBox": f"0 0 {wide:g} {high:g}", "width": f"{wide:g}", "height": f"{high:g}"}
    root = Element("svg", {"class": "picture", **size, "role": "img"})
    _text(root, plan.picture.title, tag="title")
    root.append(_symbols(plan))
    SubElement(root, "rect", {"class": "canvas", "width": f"{wide:g}", "height": f"{high:g}", "rx": "14"})
    _heading(root, plan, wide, marks)
    body = SubElement(root, "g", {"transform": f"translate({_MARGIN} {_TOP})"})
    for box, area in plan.boxes:
        _box(body, box, area, marks)
    for way in plan.ways:
        _arrow(body, way)
    for part, area in plan.parts:
        _card(body, part, area, marks.get(part.id))
    for way in plan.ways:
        _label(body, way)
    _aside(body, plan)
    indent(root, "")
    return root


def _heading_width(plan: Plan) -> float:
    return width(plan.picture.title, 19) + 460


def _heading(root: Element, plan: Plan, wide: float, marks: Marks) -> None:
    _text(root, plan.picture.title, {"class": "heading", "x": f"{_MARGIN}", "y": "38"})
    if plan.picture.note:
        room = wide - 2 * _MARGIN
        _text(root, shortened(plan.picture.note, NOTE + 1, room), {"class": "subheading", "x": f"{_MARGIN}", "y": "58"})
    legend = SubElement(root, "g", {"class": "legend"})
    entries = [
        (f"arrow {flow}", text) for flow, text in _LEGEND.items() if any(way.arrow.flow == flow for way in plan.ways)
    ]
    found = {mark.level for mark in marks.values()}
    entries += [(f"key {level}", level) for level in LEVELS if level in found]
    right = wide - _MARGIN
    for name, text in reversed(entries):
        right -= width(text, NOTE)
        group = SubElement(legend, "g", {"class": name})
        _text(group, text, {"class": "note", "x": f"{right:.1f}", "y": "36"})
        if name.startswith("arrow"):
            right -= 28
            SubElement(group, "path", {"d": f"M{right:.1f} 32.5h18"})
            SubElement(group, "path", {"class": "head", "d": _head((right + 14, 32.5), (right + 22, 32.5))})
        else:
            right -= 18
            SubElement(group, "rect", {"x": f"{right:.1f}", "y": "26.5", "width": "12", "height": "12", "rx": "3.5"})
        right -= 20


_LEGEND = {"traffic": "requests", "call": "calls", "data": "data", "message": "messages", "ripple": "reaches"}


def _symbols(plan: Plan) -> Element:
    defs = Element("defs")
    for name in sorted({part.kind.icon for part in plan.picture.parts}):
        source = fromstring(files(__package__).joinpath(f"icons/{name}.svg").read_text("utf-8"))  # noqa: S314  # our own
        symbol = SubElement(defs, "symbol", {"id": f"icon-{name}", "viewBox": "0 0 24 24"})
        for shape in source:
            kept = {key: value for key, value in shape.attrib.items() if key not in ("fill", "stroke")}
            SubElement(symbol, shape.tag.rpartition("}")[2], kept)
    return defs


def _box(body: Element, box: Box, area: Area, marks: Marks) -> None:
    mark = marks.get(box.id)
    group = SubElement(body, "g", _subject("box", box.shape, box.id, mark))
    SubElement(group, "rect", {"class": "face", **_rectangle(area, 8 if box.shape == "stack" else 12)})
    caption = SubElement(group, "text", {"class": "caption", "x": f"{area.x + 16:g}", "y": f"{area.y + 23:g}"})
    caption.text = _clean(box.title)
    if box.note:
        _text(caption, box.note, {"class": "note", "dx": "7"}, tag="tspan")
    right = area.x + area.width - 12
    for chip in reversed(box.chips):
        right -= chip_width(chip)
        _chip(body, chip, Area(right, area.y + 8, chip_width(chip), 22), marks.get(chip.id))
        right -= CHIP_GAP
    if mark:
        _pill(group, area.x + 16, area.y, mark)


def _card(body: Element, part: Part, area: Area, mark: Mark | None) -> None:
    group = SubElement(body, "g", _subject("card", part.kind.family, part.id, mark))
    if part.count > 1:
        SubElement(group, "rect", {"class": "face", **_rectangle(area.moved(4, 4), 10)})
    SubElement(group, "rect", {"class": "face", **_rectangle(area, 10)})
    tile = Area(area.x + 10, area.y + 10, 32, 32)
    SubElement(group, "rect", {"class": "tile", **_rectangle(tile, 8)})
    icon = {"x": f"{tile.x + 7:g}", "y": f"{tile.y + 7:g}", "width": "18", "height": "18"}
    SubElement(group, "use", {"class": "icon", "href": f"#icon-{part.kind.icon}", **icon})
    left, room = area.x + ICON + 4, area.width - ICON - 12
    up = 0 if part.note else 5
    _text(
        group,
        shortened(part.title, TITLE * BOLD, room),
        {"class": "title", "x": f"{left:g}", "y": f"{area.y + 23 + up:g}"},
    )
    if part.note:
        place = {"class": "note", "x": f"{left:g}", "y": f"{area.y + 39:g}"}
        _text(group, shortened(part.note, NOTE, room), place)
    _text(group, f"{part.kind.label}: {part.id}", tag="title")
    if mark:
        _pill(group, area.x + area.width - _pill_width(mark) - 8, area.y, mark)


def _chip(body: Element, part: Part, area: Area, mark: Mark | None) -> None:
    group = SubElement(body, "g", _subject("chip", part.kind.family, part.id, mark))
    SubElement(group, "rect", {"class": "face", **_rectangle(area, 11)})
    icon = {"x": f"{area.x + 8:g}", "y": f"{area.y + 5:g}", "width": "12", "height": "12"}
    SubElement(group, "use", {"class": "icon", "href": f"#icon-{part.kind.icon}", **icon})
    _text(group, part.title, {"class": "note", "x": f"{area.x + 24:g}", "y": f"{area.y + 14.5:g}"})
    _text(group, f"{part.kind.label}: {part.id}", tag="title")


def _subject(kind: str, name: str, id_: str, mark: Mark | None) -> dict[str, str]:
    """What is common to everything that one can click."""
    return {"class": " ".join([kind, name, *([mark.level] if mark else [])]), "data-id": _clean(id_)}


def _pill_width(mark: Mark) -> float:
    return width(mark.text, PILL * BOLD) + 14


def _pill(group: Element, left: float, edge: float, mark: Mark) -> None:
    """What becomes of something, on its upper edge."""
    across = _pill_width(mark)
    SubElement(group, "rect", {"class": "pill", **_rectangle(Area(left, edge - 10, across, 16), 8)})
    _text(group, mark.text, {"class": "pill-text", "x": f"{left + across / 2:.1f}", "y": f"{edge + 1.5:g}"})


def _arrow(body: Element, way: Way) -> None:
    if len(way.points) < 2:
        return
    ends = {"data-from": _clean(way.arrow.source), "data-to": _clean(way.arrow.target)}
    group = SubElement(body, "g", {"class": f"arrow {way.arrow.flow} {way.arrow.change}".rstrip(), **ends})
    SubElement(group, "path", {"d": _path(way.points)})
    SubElement(group, "path", {"class": "head", "d": _head(way.points[-2], way.points[-1])})


def _label(body: Element, way: Way) -> None:
    if way.label:
        group = SubElement(body, "g", {"class": "arrow-label"})
        SubElement(group, "rect", {"class": "label-back", **_rectangle(way.label, 4)})
        x, y = way.label.x + way.label.width / 2, way.label.y + 10.5
        _text(group, way.arrow.label, {"class": "label", "x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": "middle"})


def _aside(body: Element, plan: Plan) -> None:
    below = {part.id for part in plan.picture.aside.parts}
    top = min((area.y for part, area in plan.parts if part.id in below), default=None)
    if top is not None and plan.picture.main.parts + plan.picture.main.boxes:
        _text(body, "WHAT SERVES ALL OF IT", {"class": "section", "x": "0", "y": f"{top - 14:g}"})


def _path(points: tuple[Point, ...]) -> str:
    """Through all corners, which are rounded; the end is left to the head of the arrow."""
    stopped = _towards(points[-1], points[-2], _HEAD - 1)
    said = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, corner, after in _corners((*points[:-1], stopped)):
        one, other = _towards(corner, before, _ROUND), _towards(corner, after, _ROUND)
        said += f"L{one[0]:g} {one[1]:g}Q{corner[0]:g} {corner[1]:g} {other[0]:g} {other[1]:g}"
    return f"{said}L{stopped[0]:g} {stopped[1]:g}"


def _corners(points: tuple[Point, ...]) -> Iterator[tuple[Point, Point, Point]]:
    yield from zip(points, points[1:], points[2:], strict=False)


def _towards(start: Point, end: Point, far: float) -> Point:
    """The point that is so far from the start on the way to the end, but at most half of the way."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = abs(across) + abs(down)
    part = min(far, length / 2) / length if length else 0
    return round(start[0] + across * part, 1), round(start[1] + down * part, 1)


def _head(before: Point, tip: Point) -> str:
    """A triangle whose tip is the end of an arrow, which is upright or level."""
    across, down = ((tip[0] > before[0]) - (tip[0] < before[0]), (tip[1] > before[1]) - (tip[1] < before[1]))
    back = tip[0] - across * _HEAD * 1.3, tip[1] - down * _HEAD * 1.3
    wing = down * _HEAD * 0.65, across * _HEAD * 0.65
    corners = (tip, (back[0] + wing[0], back[1] + wing[1]), (back[0] - wing[0], back[1] - wing[1]))
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"


def _rectangle(area: Area, rounded: float) -> dict[str, str]:
    sizes = {"x": area.x, "y": area.y, "width": area.width, "height": area.height, "rx": rounded}
    return {name: f"{round(value, 1):g}" for name, value in sizes.items()}


def _text(parent: Element, text: str, attributes: Mapping[str, str] | None = None, tag: str = "text") -> None:
    SubElement(parent, tag, dict(attributes or {})).text = _clean(text)


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
