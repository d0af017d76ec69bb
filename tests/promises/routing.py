"""Where requests go: the listeners of the load balancer, and their rules."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from .resolved import Platform, sole

ALB = "AWS::ElasticLoadBalancingV2"
TEST = "${ingress.TestListener}"
"""Where new versions are asked before they get requests."""

PATHS = {
    "/payment": "payment",
    "/payment/": "payment",
    "/payment/7/refund": "payment",
    "/order": "order",
    "/order/1": "order",
    "/notification": "notification",
    "/notification/x": "notification",
    "/": None,
    "/health": None,
    "/payments": None,
    "/Payment": None,
}
"""Which service is reached by which path."""


def entrance(platform: Platform) -> str:
    """The listener by which clients reach the services: all their rules belong to it, but for those of new versions."""
    return str(sole({rule["ListenerArn"] for rule in platform.properties(f"{ALB}::ListenerRule").values()} - {TEST}))


def listener(platform: Platform, reference: str) -> Any:
    found = platform.at(reference)
    assert found["Type"] == f"{ALB}::Listener"
    return found["Properties"]


def answer(platform: Platform, where: str, path: str) -> str:
    """Who answers at a listener: the first rule by priority whose pattern matches; `*` stands for slashes too.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
    """
    every = platform.properties(f"{ALB}::ListenerRule").values()
    rules = [rule for rule in every if rule["ListenerArn"] == where]
    assert len({rule["Priority"] for rule in rules}) == len(rules), "two rules of one priority"
    for rule in sorted(rules, key=lambda rule: rule["Priority"]):
        condition = sole(rule["Conditions"])
        assert condition["Field"] == "path-pattern"
        if any(fnmatchcase(path, pattern) for pattern in condition["PathPatternConfig"]["Values"]):
            action = sole(rule["Actions"])
            assert action["Type"] == "forward"
            groups = action["ForwardConfig"]["TargetGroups"]
            return str(sole(group["TargetGroupArn"] for group in groups if group["Weight"]))
    return str(sole(listener(platform, where)["DefaultActions"])["FixedResponseConfig"]["StatusCode"])
