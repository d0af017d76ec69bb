"""What a review says of a picture: what becomes of each part, and how far changes reach."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tapgen.graph.arrows import Arrow
from tapgen.graph.picture import Picture
from tapgen.graph.scene import Scene
from tapgen.review.effects import Effect
from tapgen.review.review import Review

Level = Literal["danger", "replaced", "removed", "changed", "added"]

LEVELS: tuple[Level, ...] = ("danger", "replaced", "removed", "changed", "added")
"""From grave to harmless."""


@dataclass(frozen=True)
class Mark:
    """How something in a picture is marked."""

    level: Level
    text: str


def marks(review: Review, picture: Picture) -> dict[str, Mark]:
    """What becomes of each part and box, by id: the worst that happens to anything in it."""
    judge = _Judge(review)
    subjects = [*((part.id, part.members) for part in picture.parts), *((box.id, box.members) for box in picture.boxes)]
    return {id_: mark for id_, members in subjects if (mark := judge.of(members))}


class _Judge:
    def __init__(self, review: Review) -> None:
        self._dangers: dict[str, str] = {}
        for danger in review.dangers:
            self._dangers.setdefault(danger.address, danger.kind.replace("-", " "))
        self._levels: dict[str, Level] = {}
        for change in review.changes:
            if change.kind != "changed":
                self._levels[change.address] = "replaced" if change.was else change.kind
        for outcome in review.outcomes.values():
            if outcome.effect:
                grave = outcome.effect >= Effect.MAYBE_REPLACED
                self._levels[outcome.address] = "replaced" if grave else "changed"

    def of(self, members: Collection[str]) -> Mark | None:
        for member in members:
            if member in self._dangers:
                return Mark("danger", self._dangers[member])
        found = [self._levels[member] for member in members if member in self._levels]
        whole: Level
        for whole in ("removed", "added"):
            if found and found.count(whole) == len(members):
                return Mark(whole, whole)
        if "replaced" in found:
            several = found.count("replaced")
            return Mark("replaced", "replaced" if len(members) == 1 else f"{several} replaced")
        return Mark("changed", "changed" if len(found) == 1 else f"{len(found)} changes") if found else None


def rippling(review: Review, scene: Scene) -> Scene:
    """The scene with the ways on which changes go from part to part."""
    found = {(each.source, each.target): each for each in scene.arrows}
    for source, target in dict.fromkeys(_ripples(review, scene)):
        there = found.get((source, target))
        backwards = there.backwards if there else (target, source) in found
        label = there.label if there else ""
        found[source, target] = Arrow(source, target, "ripple", label, backwards)
    return replace(scene, arrows=tuple(found.values()))


def _ripples(review: Review, scene: Scene) -> Iterator[tuple[str, str]]:
    """From which part to which a change goes. What goes on within a network is seen by its colours."""
    owners: Mapping[str, str] = scene.owners
    networks = {network.id for network in scene.networks}
    for outcome in review.outcomes.values():
        target = owners.get(outcome.address)
        source = _last(owners[step] for step in outcome.via if step in owners and owners[step] != target)
        if source and target and outcome.effect and not {source, target} & networks:
            yield source, target


def _last(found: Iterable[str]) -> str:
    *_, last = ("", *found)
    return last
