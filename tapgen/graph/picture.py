"""A platform as a picture shows it: boxes in boxes, parts in them, arrows between parts. It says nothing of places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tapgen.graph.arrows import INTERNET, Arrow, arrows
from tapgen.graph.kinds import INTERNET as EVERYBODY
from tapgen.graph.kinds import KINDS, WORKER
from tapgen.graph.parts import Part, parts
from tapgen.graph.references import References
from tapgen.graph.zones import NETWORK, VPC, Zone, place_of, zones
from tapgen.review.stacks import Stack

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


def pictures(stacks: Mapping[str, Stack]) -> list[Picture]:
    """A picture of every root, in the order of the stacks."""
    return [picture(root) for root in stacks.values() if root.parent is None]


def picture(root: Stack) -> Picture:
    """The picture of a root stack with all that it nests."""
    references = References({each.address: each for each in root.walk()})
    found = [part for stack in root.walk() for part in parts(stack, references)]
    flowing = arrows(found, references)
    found = [_as_worker(part, flowing, references) for part in found]
    every = zones(references)
    where = {part.id: place_of(part.members, every, references) for part in found}
    reached = {end for arrow in flowing for end in (arrow.source, arrow.target)}
    shown = reached | {part.id for part in found if part.kind in _RUNNING}
    main, aside = Box(root.address, "platform", root.address), Box(f"{root.address}:aside", "platform", "")
    boxes = {place: box for network in _networks(every, references) for place, box in network}
    main.boxes += [box for box in boxes.values() if box.shape == "network"]
    if INTERNET in reached:
        main.parts.append(Part(INTERNET, EVERYBODY, "Internet", "", ()))
    for stack in root.walk():
        own = [part for part in found if part.stack == stack.address]
        for place, together in _together(own, where, shown):
            is_main = any(part.id in shown or part.kind.family == "network" for part in together)
            _put(stack, together, boxes.get(place, main) if is_main else aside)
    return Picture(root.address, _note(root), main, aside, tuple(flowing))


def _note(root: Stack) -> str:
    said = root.body.get("Description")
    return " ".join(said.split()) if isinstance(said, str) else ""


def _networks(every: Sequence[Zone], references: References) -> Iterator[list[tuple[str, Box]]]:
    """The boxes of each network and its zones, by what they are known by."""
    for vpc in dict.fromkeys(zone.vpc for zone in every):
        inner = [(zone.id, _zone_box(zone)) for zone in every if zone.vpc == vpc]
        network = _network_box(vpc, references)
        network.boxes += [box for _, box in inner]
        yield [(vpc, network), *inner]


def _as_worker(part: Part, flowing: Iterable[Arrow], references: References) -> Part:
    """A service that nobody can ask anything is a worker."""
    if part.kind.label != "Service":
        return part
    asked = any(arrow.target == part.id and arrow.flow in ("traffic", "call") for arrow in flowing)
    said = references.resources[part.id]["Properties"]
    mesh = said.get("ServiceConnectConfiguration", {})
    answers = said.get("LoadBalancers") or said.get("ServiceRegistries") or mesh.get("Services")
    return part if asked or answers else replace(part, kind=WORKER)


def _together(
    own: Sequence[Part], where: Mapping[str, str], shown: Collection[str]
) -> Iterator[tuple[str, list[Part]]]:
    """The parts of a stack and where they are: in one place, but those of a network, which are in several."""
    network = [part for part in own if part.kind.family == "network"]
    for part in network:
        yield where[part.id], [part]
    if rest := [part for part in own if part not in network]:
        yield next((place for part in rest if part.id in shown and (place := where[part.id])), ""), rest


def _put(stack: Stack, together: Sequence[Part], box: Box) -> None:
    if all(part.kind.family == "network" for part in together):
        box.chips += together
    elif len(together) == 1:
        box.parts.append(together[0])
    else:
        box.boxes.append(Box(stack.address, "stack", stack.path.rpartition("/")[2], parts=list(together)))


def _network_box(vpc: str, references: References) -> Box:
    stack = vpc.rpartition(".")[0]
    block = references.resources[vpc]["Properties"].get("CidrBlock")
    members = [
        f"{stack}.{title}"
        for title, each in references.stacks[stack].resources.items()
        if each["Type"] in NETWORK and each["Type"] != VPC
    ]
    return Box(vpc, "network", "VPC", block if isinstance(block, str) else "", (vpc, *members))


def _zone_box(zone: Zone) -> Box:
    count, word = len(zone.subnets), "public" if zone.public else "private"
    zones = f"{count} zone{'' if count == 1 else 's'}"
    return Box(zone.id, "public" if zone.public else "private", f"{word.capitalize()} subnets", zones, zone.subnets)
