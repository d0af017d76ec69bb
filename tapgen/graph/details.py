"""What a page tells of each part: its resources, where they are written and why, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tapgen.graph.marks import Mark
from tapgen.graph.picture import Picture
from tapgen.graph.scene import Scene
from tapgen.review.places import Places
from tapgen.review.reports.bill import basis
from tapgen.review.reports.causes import grouped
from tapgen.review.reports.data import data
from tapgen.review.reports.order import in_order
from tapgen.review.reports.rollouts import rolled_out
from tapgen.review.reports.text import summed
from tapgen.review.review import Review
from tapgen.review.stacks import Stack

Details = dict[str, Any]


def subjects(place: int, scene: Scene, picture: Picture, marks: Mapping[str, Mark]) -> Details:
    """Everything in the picture at a *place* that one can click, by id."""
    found: Details = {}
    for part in picture.parts:
        if part.members:
            found[part.id] = {"title": part.title, "label": part.kind.label, "members": part.members}
    for box in picture.boxes:
        members = [*box.members, *(each for part in box.parts for each in part.members if box.shape == "stack")]
        if members:
            found[box.id] = {"title": box.title, "label": _SHAPES[box.shape], "members": members}
    for id_, each in found.items():
        each["picture"] = place
        each["uses"] = sorted(other for one, other in scene.uses if one == id_ and other in found)
        each["usedBy"] = sorted(one for one, other in scene.uses if other == id_ and one in found)
        if id_ in marks:
            each |= {"level": marks[id_].level, "mark": marks[id_].text}
    return found


_SHAPES = {"network": "Network", "public": "Zone", "private": "Zone", "stack": "Nested stack", "platform": "Platform"}


def resources(review: Review, members: Sequence[str]) -> Details:
    """What there is to tell of each of some resources, by address."""
    places, told = Places(review), data(review)
    changes = {each["address"]: each for each in told["changes"]}
    dangers: dict[str, list[Details]] = {}
    for each in told["dangers"]:
        dangers.setdefault(each["address"], []).append({"kind": each["kind"], "text": each["text"]})
    lines = _causes(review)
    found = {}
    for address in members:
        place = places.of(address)
        said = {"file": place.file, "line": place.line, **_of_resource(review, address)}
        change = changes.get(address, {})
        kept = {key: change[key] for key in ("effect", "because", "via", "was", "differences") if key in change}
        own = {"dangers": dangers.get(address), "causes": lines.get(address)}
        found[address] = {**said, **kept, **{key: value for key, value in own.items() if value}}
    return found


def _causes(review: Review) -> dict[str, list[str]]:
    """The lines behind what changes, by address, as far as they were asked for."""
    found: dict[str, list[str]] = {}
    for text, addresses in grouped(review.causes) if review.causes else ():
        for address in addresses:
            found.setdefault(address, []).append(text)
    return found


def overview(review: Review) -> Details:
    """What is told before anything is clicked: the dangers, the causes, who gains access, and the rest in words.

    A platform that is only looked at is compared with itself.
    """
    told = data(review)
    notes = {
        "Cost": [summed(review.cost), basis()] if review.cost.changes else [],
        "New tasks": list(rolled_out(review.rollouts)),
    }
    return {
        "nothing": review.before is not review.after and not review.changes,
        "dangers": told["dangers"],
        "access": told["access"],
        "causes": grouped(review.causes) if review.causes else [],
        "order": in_order(review),
        "notes": [[title, lines] for title, lines in notes.items() if lines],
    }


def _of_resource(review: Review, address: str) -> Details:
    stack, _, title = address.partition(".")
    holder: Stack | None = next(
        (stacks[stack] for stacks in (review.after, review.before) if title in _titles(stacks, stack)), None
    )
    if holder is None:
        return {}
    each = holder.resources[title]
    context = each["Context"] if isinstance(each["Context"], dict) else {}
    told = {key: _lines(context[key]) for key in ("why", "must", "mutable") if key in context}
    return {"type": each["Type"], **told}


def _titles(stacks: Mapping[str, Stack], stack: str) -> Mapping[str, Any]:
    return stacks[stack].resources if stack in stacks else {}


def _lines(said: Any) -> list[str]:
    return [str(each) for each in said] if isinstance(said, list) else [str(said)]
