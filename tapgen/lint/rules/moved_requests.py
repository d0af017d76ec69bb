"""E9123: requests that are to move between two target groups can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from tapgen.lint.literal import items, mapping, number
from tapgen.lint.rule import TreeRule
from tapgen.lint.stacks import Stack, Where, properties

STRATEGIES = ("BLUE_GREEN", "CANARY", "LINEAR")
_ELB = "AWS::ElasticLoadBalancingV2::"


class MovedRequests(TreeRule):
    """Looks at services and rules of one template. A test rule may know what the production rule does not."""

    id = "E9123"
    shortdesc = "ECS can move requests from one target group to the other"
    description = (
        "A service whose requests move says so for each load balancer; its production rule knows both target groups, "
        "and leads to one of them alone"
    )
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html"
    tags = ["tapgen", "ecs", "elasticloadbalancing"]

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """In all services; nested templates have their own turn."""
        for name, service in root.resources("AWS::ECS::Service"):
            if mapping(service.get("DeploymentConfiguration")).get("Strategy") not in STRATEGIES:
                continue
            for position, balanced in items(service.get("LoadBalancers")):
                path: Where = ["Resources", name, "Properties", "LoadBalancers", position]
                for place, message in _problems(root, balanced):
                    yield root, [*path, *place], message


def _problems(root: Stack, balanced: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    if "AdvancedConfiguration" not in balanced:
        yield [], "AdvancedConfiguration is missing, with which ECS moves requests"
        return
    advanced, path = mapping(balanced["AdvancedConfiguration"]), ["AdvancedConfiguration", "ProductionListenerRule"]
    production, listener = (
        _named(root, advanced.get(path[1]), f"{_ELB}{kind}") for kind in ("ListenerRule", "Listener")
    )
    if listener and properties(root, listener).get("Protocol") in ("HTTP", "HTTPS"):
        yield path, f"{listener} is a listener: name one of its rules"
    if not production:
        return
    forwards = list(_forwards(root, production))
    known = [each.get("TargetGroupArn") for each in forwards]
    for group in (balanced.get("TargetGroupArn"), advanced.get("AlternateTargetGroupArn")):
        name = _named(root, group, f"{_ELB}TargetGroup")
        if name and group not in known and "TestListenerRule" not in advanced:
            yield path, f"{production} does not know {name}: give it the weight 0 there"
    if any(serving != 1 for serving in _serving(forwards)):
        yield path, f"{production} does not lead to exactly one target group: give all others the weight 0"


def _named(root: Stack, value: object, kind: str) -> str | None:
    """The resource of this type and template that a value refers to."""
    match value:
        case {"Ref": str(name)} if name in dict(root.resources(kind)):
            return name
    return None


def _forwards(root: Stack, rule: str) -> Iterator[Mapping[str, Any]]:
    """Each target group of a rule, with its weight."""
    for _, action in items(properties(root, rule).get("Actions")):
        if "ForwardConfig" in action:
            yield from (group for _, group in items(mapping(action["ForwardConfig"]).get("TargetGroups")))
        elif "TargetGroupArn" in action:
            yield action


def _serving(forwards: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """How many target groups have requests, in each case that conditions tell apart, as far as that is plain."""
    weights = [group.get("Weight", 1) for group in forwards]
    conditions = sorted({weight["Fn::If"][0] for weight in weights if _conditional(weight)})
    for case in product((True, False), repeat=len(conditions)):
        holds = dict(zip(conditions, case, strict=True))
        found = [number(_chosen(weight, holds)) for weight in weights]
        if None not in found:
            yield sum(bool(each) for each in found)


def _conditional(value: object) -> bool:
    match value:
        case {"Fn::If": [str(_), _, _]}:
            return True
    return False


def _chosen(weight: Any, holds: Mapping[str, bool]) -> object:
    if not _conditional(weight):
        return weight
    condition, one, other = weight["Fn::If"]
    return one if holds[condition] else other
