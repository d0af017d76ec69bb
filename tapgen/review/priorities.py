"""Priorities of listener rules that are in use when another rule wants them.

CloudFormation changes rules one by one, and removes what goes only at the end; a priority may be had once.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from tapgen.review.differences import Change
from tapgen.review.origins import Origins
from tapgen.review.stacks import Stack

RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"

Seat = tuple[str, str]
"""A listener and a priority."""


def in_use(
    before: Mapping[str, Stack], after: Mapping[str, Stack], changes: Iterable[Change]
) -> Iterator[tuple[str, str]]:
    """The addresses of rules that want what another has until the end, whatever order they are changed in; and why."""
    old, new = _seats(before), _seats(after)
    holders = {seat: address for address, seat in old.items()}
    wanted = {each.address: holders.get(new[each.address]) for each in changes if each.address in new}
    for address, holder in wanted.items():
        if holder and holder != address and (holder not in new or _circle(address, wanted)):
            yield address, f"wants priority {new[address][1]}, which {holder} has until then"


def _circle(address: str, wanted: Mapping[str, str | None]) -> bool:
    """Whether each waits for the next, and the last for the first."""
    seen, here = set(), wanted.get(address)
    while here and here not in seen:
        if here == address:
            return True
        seen.add(here)
        here = wanted.get(here)
    return False


def _seats(stacks: Mapping[str, Stack]) -> dict[str, Seat]:
    origins = Origins()
    return {
        f"{stack.address}.{title}": (
            json.dumps(origins.of(stack, each["Properties"].get("ListenerArn")), sort_keys=True),
            str(each["Properties"].get("Priority")),
        )
        for stack in stacks.values()
        for title, each in stack.resources.items()
        if each["Type"] == RULE
    }
