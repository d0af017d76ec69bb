"""The platform as a picture, and as a page, drawn from its templates: those of tapgen, or any that are nested."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tapgen.graph.layout import plan
from tapgen.graph.mermaid import mermaid
from tapgen.graph.page import page
from tapgen.graph.picture import Picture, picture
from tapgen.graph.scene import scene
from tapgen.graph.svg import svg
from tapgen.review.review import compared
from tapgen.review.stacks import Stack

__all__ = ["DRAWN", "drawn", "page", "roots"]

DRAWN: Mapping[str, Callable[[Picture], str]] = {"mermaid": mermaid, "svg": lambda picture: svg(plan(picture))}
"""How one platform can be drawn."""


def roots(stacks: Mapping[str, Stack]) -> list[str]:
    """What can be drawn, by address: the root stacks, those that nest others first."""
    found = [stack for stack in stacks.values() if not stack.parent]
    return [stack.address for stack in sorted(found, key=lambda stack: not stack.nested)]


def drawn(stacks: Mapping[str, Stack], root: str, form: str) -> str:
    """One platform as a picture, or as a page."""
    if form in DRAWN:
        return DRAWN[form](picture(scene(stacks[root])))
    below = {each.address: each for each in stacks[root].walk()}
    return page(compared(below, below), root)
