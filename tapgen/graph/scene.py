"""All that a picture of a platform shows, in no order: its parts, what flows between them, and where each is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tapgen.graph.arrows import Arrow, arrows
from tapgen.graph.kinds import WORKER
from tapgen.graph.parts import Part, parts
from tapgen.graph.references import References
from tapgen.graph.zones import VPC, Zone, place_of, zones
from tapgen.review.stacks import Stack


@dataclass(frozen=True)
class Network:
    """A network, and what it consists of."""

    id: str
    block: str
    members: tuple[str, ...]
    zones: tuple[Zone, ...]


Owner = TypeVar("Owner", Part, Network)


@dataclass(frozen=True)
class Scene:
    """One root stack with all that it nests."""

    title: str
    note: str
    files: Mapping[str, str]
    """The name of the template of each stack, by address."""

    networks: tuple[Network, ...]
    parts: tuple[Part, ...]
    arrows: tuple[Arrow, ...]
    places: Mapping[str, str]
    """The zone or network that each part is in, if any."""

    uses: frozenset[tuple[str, str]]
    """Which part names which, whether anything flows or not."""

    @property
    def owners(self) -> dict[str, str]:
        """What each resource belongs to: a part or a network."""
        found = {member: part.id for part in self.parts for member in part.members}
        return found | {member: network.id for network in self.networks for member in network.members}


def scene(root: Stack) -> Scene:
    """What the templates of one root stack describe."""
    references = References({each.address: each for each in root.walk()})
    found = [part for stack in root.walk() for part in parts(stack, references)]
    flowing, every = arrows(found, references), zones(references)
    owners = {member: part.id for part in found for member in part.members}
    named = (each for member in owners for each in references.all.get(member, ()))
    uses = {(owners[each.source], owners[each.target]) for each in named if each.target in owners}
    return Scene(
        root.address,
        _note(root.body),
        {each.address: each.path.rpartition("/")[2] for each in root.walk()},
        tuple(_networks(every, references, owners)),
        tuple(_as_worker(part, flowing, references) for part in found),
        tuple(flowing),
        {part.id: _place(part, every, references) for part in found},
        frozenset(pair for pair in uses if pair[0] != pair[1]),
    )


def united(before: Scene, after: Scene) -> Scene:
    """What there is after a change, with what is gone."""
    there, owned = {part.id for part in after.parts}, after.owners
    gone: dict[str, list[str]] = {}
    for member, owner in before.owners.items():
        if member not in owned:
            gone.setdefault(owner, []).append(member)
    was, now = ({(each.source, each.target): each for each in some.arrows} for some in (before, after))
    return Scene(
        after.title,
        after.note,
        {**before.files, **after.files},
        tuple(_with(each, gone) for each in after.networks or before.networks),
        (*(_with(part, gone) for part in after.parts), *(part for part in before.parts if part.id not in there)),
        (
            *(each if pair in was else replace(each, change="added") for pair, each in now.items()),
            *(replace(each, change="removed") for pair, each in was.items() if pair not in now),
        ),
        {**before.places, **after.places},
        before.uses | after.uses,
    )


def _with(owner: Owner, gone: Mapping[str, Sequence[str]]) -> Owner:
    """A part or network with what it has lost."""
    return replace(owner, members=tuple(dict.fromkeys((*owner.members, *gone.get(owner.id, ())))))


def _place(part: Part, every: Iterable[Zone], references: References) -> str:
    """Where a part is. A job that is run on request says it in the outputs of its stack."""
    named = [each.target for member in part.members for each in references.all.get(member, ())]
    if part.kind.family == "compute":
        named += references.of_outputs(references.stacks[part.stack])
    return place_of(named, every)


def _note(body: Mapping[str, Any]) -> str:
    said = body.get("Description")
    return " ".join(said.split()) if isinstance(said, str) else ""


def _networks(every: Iterable[Zone], references: References, owned: Collection[str]) -> Iterator[Network]:
    for vpc in references.of_type(VPC):
        stack = references.stacks[vpc.rpartition(".")[0]]
        block = stack.resources[vpc.rpartition(".")[2]]["Properties"].get("CidrBlock")
        inside = (f"{stack.address}.{title}" for title in stack.resources if title not in stack.nested)
        members = [address for address in inside if address not in owned]
        own = tuple(zone for zone in every if zone.vpc == vpc)
        yield Network(vpc, block if isinstance(block, str) else "", tuple(dict.fromkeys([vpc, *members])), own)


def _as_worker(part: Part, flowing: Iterable[Arrow], references: References) -> Part:
    """A service that nobody can ask anything is a worker."""
    if part.kind.label != "Service":
        return part
    asked = any(arrow.target == part.id and arrow.flow in ("traffic", "call") for arrow in flowing)
    said = references.resources[part.id]["Properties"]
    mesh = said.get("ServiceConnectConfiguration", {})
    answers = said.get("LoadBalancers") or said.get("ServiceRegistries") or mesh.get("Services")
    return part if asked or answers else replace(part, kind=WORKER)
