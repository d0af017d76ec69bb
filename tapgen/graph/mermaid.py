"""A picture as a Mermaid flowchart, which GitHub and GitLab draw within Markdown. https://mermaid.js.org/syntax/flowchart.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tapgen.graph.arrows import Arrow
from tapgen.graph.marks import Mark
from tapgen.graph.picture import Box, Picture

_ARROWS = {"message": "-.->", "ripple": "==>"}
_COLORS = {"danger": "#dc2626", "replaced": "#ea580c", "removed": "#dc2626", "changed": "#ca8a04", "added": "#16a34a"}
_SHAPES = {"data": ("[(", ")]"), "message": ("([", "])"), "outside": ("((", "))"), "entry": ("{{", "}}")}


def mermaid(picture: Picture, marks: Mapping[str, Mark] | None = None) -> str:
    """Draw *picture*, with what becomes of each part."""
    writer = _Writer(picture, marks or {})
    lines = ["flowchart LR", *writer.inside(picture.main, "  "), *writer.inside(picture.aside, "  "), *writer.arrows()]
    return "\n".join([*lines, *writer.colors()]) + "\n"


class _Writer:
    def __init__(self, picture: Picture, marks: Mapping[str, Mark]) -> None:
        self._picture, self._marks = picture, marks
        every = [*(part.id for part in picture.parts), *(box.id for box in picture.boxes)]
        self._names = {id_: f"n{place}" for place, id_ in enumerate(dict.fromkeys(every))}

    def inside(self, box: Box, indent: str) -> Iterator[str]:
        for part in (*box.chips, *box.parts):
            before, after = _SHAPES.get(part.kind.family, ("[", "]"))
            said = [part.title, part.kind.label, *([self._marks[part.id].text] if part.id in self._marks else [])]
            label = "<br>".join(_escaped(each) for each in dict.fromkeys(said))
            yield f'{indent}{self._names[part.id]}{before}"{label}"{after}'
        for each in box.boxes:
            yield f'{indent}subgraph {self._names[each.id]}["{_escaped(f"{each.title} {each.note}".strip())}"]'
            yield from self.inside(each, f"{indent}  ")
            yield f"{indent}end"

    def arrows(self) -> Iterator[str]:
        for arrow in self._picture.arrows:
            yield f"  {self._names[arrow.source]} {_drawn(arrow)} {self._names[arrow.target]}"

    def colors(self) -> Iterator[str]:
        for id_, mark in self._marks.items():
            yield f"  style {self._names[id_]} stroke:{_COLORS[mark.level]},stroke-width:3px"


def _drawn(arrow: Arrow) -> str:
    line = _ARROWS.get(arrow.flow, "-->")
    return f'{line}|"{_escaped(arrow.label)}"|' if arrow.label else line


def _escaped(text: str) -> str:
    """Text that means nothing to Mermaid and to HTML."""
    return "".join(letter if letter.isalnum() or letter in " ._-/:…" else f"#{ord(letter)};" for letter in text)
