"""What flows between the parts of a platform: requests, calls, data and messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tapgen.graph.parts import Part
from tapgen.graph.references import Reference, References
from tapgen.review.access.network import GROUP, LISTENER, flows, listeners

Flow = Literal["traffic", "call", "data", "message", "ripple"]

INTERNET = "internet"
"""What everybody is known by."""

_RULE = f"{LISTENER}Rule"
_SILENT = (
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::Events::Rule",
)
"""Types that name others, and use nothing of them."""

_NOTIFYING = ("AWS::S3::Bucket", "AWS::SNS::Topic")
"""Types that name a function to call it."""

_FLOWING = {"entry", "compute", "data", "message"}
_LABEL = 26
"""Characters of a label, at most."""


@dataclass(frozen=True)
class Arrow:
    """Something flows from one part to another."""

    source: str
    target: str
    flow: Flow
    label: str = ""
    backwards: bool = False
    """Whether it leads from what is used to who uses it."""

    change: Literal["", "added", "removed"] = ""


def arrows(parts: Sequence[Part], references: References) -> list[Arrow]:
    """Every arrow between parts, one for each pair."""
    found: dict[tuple[str, str], Arrow] = {}
    finder = _Finder(parts, references)
    for arrow in (*finder.entering(), *finder.named(), *finder.connections()):
        pair = arrow.source, arrow.target
        if arrow.source != arrow.target and (pair not in found or (arrow.label and not found[pair].label)):
            found[pair] = arrow
    return list(found.values())


class _Finder:
    def __init__(self, parts: Sequence[Part], references: References) -> None:
        self._references = references
        self._owners = {member: part for part in parts for member in part.members}

    def entering(self) -> Iterator[Arrow]:
        """What the internet reaches."""
        for door in listeners(self._references.stacks, self._references.origins).values():
            if door.who == "internet" and (part := self._owners.get(door.balancer)):
                yield Arrow(INTERNET, part.id, "traffic")
        for part in self._owners.values():
            if part.kind.label in ("API", "Content delivery"):
                yield Arrow(INTERNET, part.id, "traffic")

    def connections(self) -> Iterator[Arrow]:
        """Who may connect to whom, by the rules of security groups; to what everybody reaches, they say nothing."""
        users: dict[str, dict[str, Part]] = {}
        public = {arrow.target for arrow in self.entering()}
        for member, part in self._owners.items():
            if not self._references.kind(member).startswith(GROUP):
                for group in self._references.targets(member, GROUP):
                    users.setdefault(group, {})[part.id] = part
        for _, rule in flows(self._references.stacks, self._references.origins):
            source, target = (rule.peer, rule.group) if rule.enters else (rule.group, rule.peer)
            for one in users.get(source, {}).values():
                for other in users.get(target, {}).values():
                    if other.id not in public and {one.kind.family, other.kind.family} <= _FLOWING:
                        yield Arrow(one.id, other.id, _flow(one, other))

    def named(self) -> Iterator[Arrow]:
        """Who uses what, since it names it."""
        for member, part in self._owners.items():
            kind = self._references.kind(member)
            ends = dict.fromkeys(self._references.all[member])
            if kind == "AWS::SNS::Subscription":
                yield from self._between(ends, ("Topic",))
            elif kind == "AWS::WAFv2::WebACLAssociation":
                yield from self._between(ends, ("Web firewall",))
            elif kind == "AWS::Lambda::EventSourceMapping":
                yield from self._between(ends, ("Queue", "Stream", "Table"))
            elif kind not in _SILENT:
                for each in ends:
                    if other := self._owners.get(each.target):
                        yield from self._used(member, part, other)

    def _between(self, ends: Mapping[Reference, None], labels: Sequence[str]) -> Iterator[Arrow]:
        """From what gives messages to what takes them, which a resource between them names both."""
        owners = {part.id: part for each in ends if (part := self._owners.get(each.target))}
        givers = [part for part in owners.values() if part.kind.label in labels]
        for giver in givers[:1]:
            for each in owners.values():
                taken = giver.kind.family != "entry" and each.kind.family == "compute"
                yield Arrow(giver.id, each.id, _flow(giver, each), backwards=taken)

    def _used(self, member: str, part: Part, other: Part) -> Iterator[Arrow]:
        if part.kind.family not in _FLOWING or other.kind.family not in _FLOWING:
            return
        if other.kind.family == "entry":  # a service names its listener, which sends requests to it
            if part.kind.family == "compute":
                yield Arrow(other.id, part.id, "traffic", self._paths(member))
        elif other.kind.family == "compute":
            if part.kind.family == "entry" or self._references.kind(member) in _NOTIFYING:
                yield Arrow(part.id, other.id, _flow(part, other))
        elif part.kind.label == "Load balancer":
            return  # its logs are nothing that flows
        elif other.kind.family == "message" and self._only_takes(part, other):
            yield Arrow(other.id, part.id, "message", backwards=True)
        else:
            yield Arrow(part.id, other.id, _flow(part, other))

    def _only_takes(self, part: Part, other: Part) -> bool:
        """Whether a part may take messages out of another, and put none in."""
        every = (each for member in part.members for each in self._references.all[member])
        actions = " ".join(action for each in every if each.target in other.members for action in each.actions)
        return any(word in actions for word in ("Receive", "GetRecords")) and not any(
            word in actions for word in ("Send", "Publish", "PutRecord")
        )

    def _paths(self, member: str) -> str:
        """What a rule of a listener sends on: paths, or hosts."""
        if self._references.kind(member) != _RULE:
            return ""
        found: list[Any] = []
        for each in self._references.resources[member]["Properties"].get("Conditions", ()):
            for key in ("PathPatternConfig", "HostHeaderConfig"):
                found += each.get(key, {}).get("Values", ()) if isinstance(each, dict) else ()
        texts = [each for each in found if isinstance(each, str)]
        kept = [each for each in texts if each.removesuffix("/*") not in texts or not each.endswith("/*")]
        label = kept[0] if len(kept) == 1 else f"{kept[0]}, …" if kept else ""
        return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"


def _flow(one: Part, other: Part) -> Flow:
    if "message" in (one.kind.family, other.kind.family):
        return "message"
    if "data" in (one.kind.family, other.kind.family):
        return "data"
    return "traffic" if one.kind.family == "entry" else "call"
