"""What a platform consists of, as people speak of it: each part with all the resources that belong to it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tapgen.graph.kinds import KINDS, STACK, Kind
from tapgen.graph.references import References
from tapgen.graph.zones import NETWORK, VPC
from tapgen.review.stacks import NESTED, Stack

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+")
_PREFIXES = ("service-", "job-", "stack-")


@dataclass(frozen=True)
class Part:
    """Something that a picture shows as one."""

    id: str
    kind: Kind
    title: str
    stack: str
    members: tuple[str, ...]
    """The addresses of its resources; what it is called after comes first."""

    file: str = ""
    """The name of its template, where it is all that is shown of it."""

    count: int = 1
    """How many of its kind it stands for."""

    @property
    def note(self) -> str:
        """What stands below its title: what it is and its template, unless that is said already."""
        label = self.kind.label.lower()
        said = f"{self.title} {self.file}".lower()
        return " · ".join(each for each in ("" if label in said else self.kind.label, self.file) if each)


def parts(stack: Stack, references: References) -> list[Part]:
    """The parts of one stack, in its order. A stack without any is one itself, unless it only nests others.

    What is near to none belongs to the first, but in the stack of a network, to the network.
    """
    shown = _shown(stack)
    groups: dict[str, list[str]] = {}
    for title in shown:
        kind = _kind(stack, title)
        groups.setdefault(kind.label if kind.folds else f".{title}", []).append(title)
    is_network = any(each["Type"] == VPC for each in stack.resources.values())
    apart = NETWORK if is_network else ()
    own = [title for title, each in stack.resources.items() if title not in shown and each["Type"] not in apart]
    own = [title for title in own if title not in stack.nested]
    if not groups:
        members = () if is_network else tuple(f"{stack.address}.{title}" for title in own)
        return [Part(stack.address, STACK, _name(stack), stack.address, members, file=_file(stack))] if members else []
    mains = [titles[0] for titles in groups.values()]
    nearest = _nearest(stack, mains, own, references)
    left = "" if is_network else mains[0]
    found = [
        _part(stack, titles, [each for each in own if nearest.get(each, left) == titles[0]])
        for titles in groups.values()
    ]
    return [replace(part, file=_file(stack)) for part in found] if len(found) == 1 else found


def _shown(stack: Stack) -> list[str]:
    kinds = {title: _kind(stack, title) for title, each in stack.resources.items() if each["Type"] in (NESTED, *KINDS)}
    if any(each["Type"].startswith("AWS::RDS::DB") for each in stack.resources.values()):
        lowest = 0  # what runs beside a database serves it
    else:
        lowest = min((kind.level for kind in kinds.values() if kind.family == "compute"), default=0)
    clustered = "DBClusterIdentifier"
    return [
        title
        for title, kind in kinds.items()
        if title not in stack.nested
        and (kind.family != "compute" or kind.level <= lowest)
        and clustered not in stack.resources[title]["Properties"]
    ]


def _kind(stack: Stack, title: str) -> Kind:
    """What a resource is; of a nested stack without its template nothing else is known."""
    return KINDS.get(stack.resources[title]["Type"], STACK)


def _family(stack: Stack, title: str) -> str:
    return _kind(stack, title).family


def _part(stack: Stack, titles: Sequence[str], others: Sequence[str]) -> Part:
    kind = _kind(stack, titles[0])
    members = tuple(f"{stack.address}.{title}" for title in (*titles, *others))
    if kind.family == "compute" and sum(_family(stack, title) == "compute" for title in _shown(stack)) == 1:
        name = _name(stack)
    elif len(titles) > 1:
        name = f"{len(titles)} {kind.label if kind.label.startswith('NAT') else kind.label.lower()}s"
    else:
        name = _spoken(titles[0], kind)
    return Part(members[0], kind, name, stack.address, members, count=len(titles))


def _file(stack: Stack) -> str:
    return stack.path.rpartition("/")[2]


def _name(stack: Stack) -> str:
    name = stack.address.rpartition("/")[2]
    return next((name.removeprefix(each) for each in _PREFIXES if name.startswith(each)), name)


def _spoken(title: str, kind: Kind) -> str:
    """`PaymentsTable` as `payments`; what says nothing but its kind, as its kind."""
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORDS.findall(title)]
    if len(words) > 1 and words[-1].isdecimal() and kind.folds:
        words = words[:-1]
    if " ".join(words) in (kind.label.lower(), "web acl"):
        return kind.label
    if len(words) > 1 and words[-1] in (*kind.label.lower().split(), "cluster", "instance"):
        words = words[:-1]
    return " ".join(words) or title


def _nearest(stack: Stack, mains: Sequence[str], others: Sequence[str], references: References) -> Mapping[str, str]:
    """To which main resource each other one belongs: to one that names it, else to one that it is named together with.

    What runs comes first: its role names a queue too, and is not the queue's.
    """
    named: dict[str, list[str]] = {title: [] for title in (*mains, *others)}
    both: dict[str, list[str]] = {title: [] for title in named}
    for one, other in _links(stack, references):
        if one in named and other in named:
            named[one].append(other)
            both[one].append(other)
            both[other].append(one)
    found = {title: title for title in sorted(mains, key=lambda title: _family(stack, title) != "compute")}
    _spread(found, named)
    _spread(found, both)
    return found


def _spread(found: dict[str, str], near: Mapping[str, Sequence[str]]) -> None:
    """Give what is near to something found to the same."""
    due = deque(found)
    while due:
        title = due.popleft()
        for other in near[title]:
            if other not in found:
                found[other] = found[title]
                due.append(other)


def _links(stack: Stack, references: References) -> Iterator[tuple[str, str]]:
    prefix = f"{stack.address}."
    for title in stack.resources:
        for each in references.all.get(f"{prefix}{title}", ()):
            if each.target.startswith(prefix):
                yield title, each.target.removeprefix(prefix)
