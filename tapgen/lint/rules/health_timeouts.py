"""E9111: a health check answers before the next one begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.literal import items, mapping, number
from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where


class HealthTimeouts(ResourceRule):
    """A load balancer refuses a timeout that is not below the interval; ECS takes it and checks too late."""

    id = "E9111"
    shortdesc = "The timeout of a health check is shorter than its interval"
    description = "The timeout of a health check, of a target group or of a container, lies below its interval"
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"
    tags = ["tapgen", "ecs", "elasticloadbalancing"]
    types = ("AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::ECS::TaskDefinition")

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """Plain numbers only."""
        yield from _late(properties, "HealthCheckTimeoutSeconds", "HealthCheckIntervalSeconds", [])
        for position, container in items(properties.get("ContainerDefinitions")):
            path: Where = ["ContainerDefinitions", position, "HealthCheck"]
            yield from _late(mapping(container.get("HealthCheck")), "Timeout", "Interval", path)


def _late(check: Mapping[str, Any], timeout: str, interval: str, path: Where) -> Iterator[tuple[Where, str]]:
    seconds, between = number(check.get(timeout)), number(check.get(interval))
    if seconds is not None and between is not None and seconds >= between:
        yield [*path, timeout], f"{timeout} {seconds} is not below {interval} {between}"
