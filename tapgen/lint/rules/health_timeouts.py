"""E9111: a health check answers before the next one begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.literal import items, mapping, number

TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"


class HealthTimeouts(CloudFormationLintRule):
    """A load balancer refuses a timeout that is not below the interval; ECS takes it and checks late."""

    id = "E9111"
    shortdesc = "The timeout of a health check is shorter than its interval"
    description = "The timeout of a target group's or a container's health check lies below the interval between checks"
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"
    tags = ["tapgen", "ecs", "elasticloadbalancing"]

    def __init__(self) -> None:
        """Say which resources to look at."""
        super().__init__()
        self.resource_property_types = [TARGET_GROUP, "AWS::ECS::TaskDefinition"]

    def match_resource_properties(
        self, properties: Any, resourcetype: str, path: Any, cfn: Template
    ) -> list[RuleMatch]:
        """Plain numbers only."""
        if resourcetype == TARGET_GROUP:
            return _match(properties, "HealthCheckTimeoutSeconds", "HealthCheckIntervalSeconds", path)
        return [
            match
            for position, container in items(properties.get("ContainerDefinitions"))
            for match in _match(
                mapping(container.get("HealthCheck")),
                "Timeout",
                "Interval",
                [*path, "ContainerDefinitions", position, "HealthCheck"],
            )
        ]


def _match(check: Mapping[str, Any], timeout: str, interval: str, path: list[str | int]) -> list[RuleMatch]:
    seconds, between = number(check.get(timeout)), number(check.get(interval))
    if seconds is None or between is None or seconds < between:
        return []
    return [RuleMatch([*path, timeout], f"{timeout} {seconds} is not below {interval} {between}")]
