"""A page that is one file: the pictures, and what there is to know of everything in them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from xml.etree.ElementTree import tostring

from tapgen.graph.details import Details, overview, resources, subjects
from tapgen.graph.layout import plan
from tapgen.graph.marks import LEVELS, Mark, marks, rippling
from tapgen.graph.picture import Picture, picture
from tapgen.graph.scene import Scene, scene, united
from tapgen.graph.svg import drawing
from tapgen.graph.themes import variable_style, variables
from tapgen.review.review import Review


@dataclass(frozen=True)
class View:
    """One picture of a page."""

    scene: Scene
    picture: Picture
    marks: dict[str, Mark]


def views(review: Review) -> list[View]:
    """A picture of each root stack, platforms first: of those that change, where any does."""
    roots = dict.fromkeys(
        stack.address for stacks in (review.after, review.before) for stack in stacks.values() if not stack.parent
    )
    every = sorted((_view(review, root) for root in roots), key=lambda view: not view.picture.arrows)
    return [view for view in every if view.marks] or [view for view in every if view.picture.parts]


def _view(review: Review, root: str) -> View:
    sides = dict.fromkeys(stacks[root] for stacks in (review.before, review.after) if root in stacks)
    scenes = [scene(each) for each in sides]
    whole = rippling(review, united(scenes[0], scenes[-1]))
    drawn = picture(whole)
    return View(whole, drawn, marks(review, drawn))


def page(review: Review, title: str) -> str:
    """A review, or where before and after are the same, the platform itself, as one page."""
    every = views(review)
    script = _file("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template(_file("page.html")).substitute(
        title=escape(title),
        policy=f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        style=variables() + variable_style() + _file("page.css"),
        tabs="".join(_tabs(every)),
        pictures="".join(_pictures(every)),
        data=_embedded(_details(review, every)),
        script=script,
    )


def _tabs(every: Sequence[View]) -> Iterator[str]:
    for view in every:
        worst = min((LEVELS.index(mark.level) for mark in view.marks.values()), default=None)
        level = "" if worst is None else LEVELS[worst]
        yield f'<button type="button" role="tab" class="{level}">{escape(view.picture.title)}</button>'


def _pictures(every: Sequence[View]) -> Iterator[str]:
    for view in every:
        drawn = tostring(drawing(plan(view.picture), view.marks), encoding="unicode")
        yield f'<div class="sheet" role="tabpanel">{drawn}</div>\n'


def _details(review: Review, every: Sequence[View]) -> Details:
    clickable: Details = {}
    for place, view in enumerate(every):
        clickable |= subjects(place, view.scene, view.picture, view.marks)
    members = list(dict.fromkeys(member for each in clickable.values() for member in each["members"]))
    return {"subjects": clickable, "resources": resources(review, members), "overview": overview(review)}


def _embedded(details: Details) -> str:
    """Data in a script element, which nothing in it can end."""
    said = json.dumps(details, ensure_ascii=False, separators=(",", ":"))
    return said.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
