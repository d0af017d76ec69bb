"""Single properties that open something to everyone, or limit a role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tapgen.review.access.comparison import Access
from tapgen.review.access.statements import EVERYONE
from tapgen.review.origins import Origins, plain, text
from tapgen.review.stacks import Stack

_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_OPENED: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "AWS::EC2::Subnet": ((("MapPublicIpOnLaunch",), "true"),),
    "AWS::ECS::Service": ((("NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp"), "ENABLED"),),
    "AWS::Lambda::Url": ((("AuthType",), "NONE"),),
    "AWS::RDS::DBCluster": ((("PubliclyAccessible",), "true"),),
    "AWS::RDS::DBInstance": ((("PubliclyAccessible",), "true"),),
    "AWS::S3::Bucket": tuple((("PublicAccessBlockConfiguration", word), "false") for word in _BLOCKS),
}
"""Properties by type, and the value with which they open it."""

_LIMITED = ("AWS::IAM::Role", "AWS::IAM::User")


@dataclass(frozen=True)
class Switch:
    """One such property: the more open, the higher. Nothing said of a block is between on and off: new buckets have it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """

    said: str
    openness: int
    known: bool = True


Switches = dict[tuple[str, str, str], Switch]
"""By who, what and where."""


def switches(stacks: Mapping[str, Stack], origins: Origins) -> Switches:
    """Every such property of every resource."""
    found: Switches = {}
    for stack in stacks.values():
        for title, each in stack.resources.items():
            address = origins.address(stack, title)
            for path, opening in _OPENED.get(each["Type"], ()):
                value = text(origins.of(stack, _at(each["Properties"], path)))
                found[EVERYONE, path[-1], address] = _switch(value, opening, blocks=path[-1] in _BLOCKS)
            if each["Type"] in _LIMITED:
                limit = text(origins.of(stack, each["Properties"].get("PermissionsBoundary", "")))
                found[address, "permissions boundary", ""] = Switch(plain(limit), 0 if limit else 1)
    return found


def _at(node: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        node = node.get(key, "") if isinstance(node, dict) else ""
    return node


def _switch(value: str, opening: str, *, blocks: bool) -> Switch:
    if value == opening:
        return Switch(value, 2)
    return Switch(value, 1 if blocks and not value else 0, known="$" not in value)


def turned(before: Switches, after: Switches) -> Iterator[Access]:
    """What is more open afterwards, or less."""
    for (who, what, where), new in after.items():
        old = before.get((who, what, where))
        was, becomes = (each.said or "not said" if each else "" for each in (old, new))
        if old is None:
            if new.openness == 2:
                yield Access("added", who, what, where, "", becomes)
        elif old.said != new.said and (old.openness, old.known) == (new.openness, new.known) == (0, True):
            if what == "permissions boundary":
                yield Access("changed", who, what, where, was, becomes)
        elif old != new:
            yield Access(_kind(old, new), who, what, where, was, becomes)
    for (who, what, where), old in before.items():
        if (who, what, where) not in after and old.openness == 2:
            yield Access("removed", who, what, where, old.said, "")


def _kind(old: Switch, new: Switch) -> Any:
    if not (old.known and new.known):
        return "changed"
    return "broadened" if new.openness > old.openness else "narrowed"
