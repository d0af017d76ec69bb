"""The listener rules of a tree of stacks, each with the listener and the load balancer that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tapgen.lint.literal import items, mapping
from tapgen.lint.stacks import Stack, origin, properties


@dataclass(frozen=True, eq=False)
class ListenerRule:
    """A listener rule. Things are named as `Ingress.Listener`; what cannot be followed to where it is made is None."""

    stack: Stack
    resource: str
    properties: Mapping[str, Any]
    listener: str | None
    balancer: str | None
    target_groups: frozenset[str]


def listener_rules(root: Stack) -> Iterator[ListenerRule]:
    """All rules that are always made (not under a `Condition`), in the order of the templates."""
    for stack in root.descendants:
        for resource, given in stack.resources("AWS::ElasticLoadBalancingV2::ListenerRule"):
            if "Condition" not in stack.template["Resources"][resource]:
                listener = given.get("ListenerArn")
                yield ListenerRule(
                    stack,
                    resource,
                    given,
                    listener=_identity(stack, listener),
                    balancer=_identity(*_balancer(stack, listener)),
                    target_groups=frozenset(_target_groups(stack, given)),
                )


def _identity(stack: Stack, arn: object) -> str | None:
    match origin(stack, arn):
        case _, str(text):
            return text
        case holder, {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return ".".join([*holder.way, name])
    return None


def _balancer(stack: Stack, listener: object) -> tuple[Stack, object]:
    match origin(stack, listener):
        case holder, {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return holder, properties(holder, name).get("LoadBalancerArn")
    return stack, None


def _target_groups(stack: Stack, rule: Mapping[str, Any]) -> Iterator[str]:
    for _, action in items(rule.get("Actions")):
        forwarded = [group for _, group in items(mapping(action.get("ForwardConfig")).get("TargetGroups"))]
        for given in (action, *forwarded):
            if group := _identity(stack, given.get("TargetGroupArn")):
                yield group
