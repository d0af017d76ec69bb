"""A platform as a picture shows it: boxes in boxes, parts in them, arrows between parts. It says nothing of places."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tapgen.graph.arrows import INTERNET, Arrow
from tapgen.graph.kinds import INTERNET as EVERYBODY
from tapgen.graph.kinds import KINDS, WORKER
from tapgen.graph.parts import Part
from tapgen.graph.scene import Network, Scene
from tapgen.graph.zones import Zone

Shape = Literal["platform", "network", "public", "private", "stack"]

_RUNNING = (WORKER, KINDS["AWS::ECS::Service"], KINDS["AWS::ECS::TaskDefinition"])
"""What a platform is for, even where nothing flows to it."""


@dataclass
class Box:
    """What parts are in: a platform, a network, a zone of it, or a nested stack."""

    id: str
    shape: Shape
    title: str
    note: str = ""
    members: tuple[str, ...] = ()
    """The addresses of the resources that it stands for."""

    parts: list[Part] = field(default_factory=list)
    chips: list[Part] = field(default_factory=list)
    """What all in it goes through: gateways and endpoints."""

    boxes: list[Box] = field(default_factory=list)

    def walk(self) -> Iterator[Box]:
        """Itself, and every box in it."""
        yield self
        for box in self.boxes:
            yield from box.walk()


@dataclass(frozen=True)
class Picture:
    """One platform, which is one root stack with all that it nests."""

    title: str
    note: str
    main: Box
    """All that something flows to or from."""

    aside: Box
    """Stacks that serve the others: keys, alarms and the like."""

    arrows: tuple[Arrow, ...]

    @property
    def boxes(self) -> list[Box]:
        """Every box."""
        return [*self.main.walk(), *self.aside.walk()]

    @property
    def parts(self) -> list[Part]:
        """Every part."""
        return [part for box in self.boxes for part in (*box.chips, *box.parts)]


def picture(scene: Scene) -> Picture:
    """Put everything in a scene into the boxes that it is in."""
    reached = {end for arrow in scene.arrows for end in (arrow.source, arrow.target)}
    shown = reached | {part.id for part in scene.parts if part.kind in _RUNNING}
    main, aside = Box(scene.title, "platform", scene.title), Box(f"{scene.title}:aside", "platform", "")
    boxes: dict[str, Box] = {}
    for network in scene.networks:
        box = _network_box(network)
        main.boxes.append(box)
        boxes |= {each.id: each for each in box.walk()}
    if INTERNET in reached:
        main.parts.append(Part(INTERNET, EVERYBODY, "Internet", "", ()))
    for stack, file in scene.files.items():
        own = [part for part in scene.parts if part.stack == stack]
        for place, together in _together(own, scene, shown):
            is_main = any(part.id in shown or part.kind.family == "network" for part in together)
            box = Box(f"{stack}:{place}", "stack", file, parts=together)
            _put(box, boxes.get(place, main) if is_main else aside)
    return Picture(scene.title, scene.note, main, aside, scene.arrows)


def _together(own: Sequence[Part], scene: Scene, shown: Collection[str]) -> Iterator[tuple[str, list[Part]]]:
    """The parts of a stack by where they are: one that is in one place is there as a whole, but for what is a chip."""
    places = {
        place for part in own if part.kind.family != "network" and part.id in shown and (place := scene.places[part.id])
    }
    found: dict[str, list[Part]] = {}
    for part in own:
        if part.kind.family == "network":
            yield scene.places[part.id], [part]
        else:
            place = scene.places[part.id] if len(places) > 1 else next(iter(places), "")
            found.setdefault(place, []).append(part)
    yield from found.items()


def _put(stack: Box, box: Box) -> None:
    if all(part.kind.family == "network" for part in stack.parts):
        box.chips += stack.parts
    elif len(stack.parts) == 1:
        box.parts += stack.parts
    else:
        box.boxes.append(stack)


def _network_box(network: Network) -> Box:
    zoned = {subnet for zone in network.zones for subnet in zone.subnets}
    members = tuple(each for each in network.members if each not in zoned)
    return Box(
        network.id, "network", "VPC", network.block, members, boxes=[_zone_box(zone, network) for zone in network.zones]
    )


def _zone_box(zone: Zone, network: Network) -> Box:
    count = len(zone.subnets)
    members = tuple(subnet for subnet in network.members if subnet in zone.subnets)
    word = "public" if zone.public else "private"
    note = f"{count} zone{'' if count == 1 else 's'}"
    return Box(zone.id, "public" if zone.public else "private", f"{word.capitalize()} subnets", note, members)
