"""E9112: a service says once where its tasks run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where


class LaunchTypes(ResourceRule):
    """Either may be left out, and ECS refuses both together."""

    id = "E9112"
    shortdesc = "No launch type beside a capacity provider strategy"
    description = "A service with a CapacityProviderStrategy must leave LaunchType out"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"
    tags = ["tapgen", "ecs"]
    types = ("AWS::ECS::Service", "AWS::ECS::TaskSet")

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """A plain text beside a plain list: a condition may leave either out."""
        strategy = properties.get("CapacityProviderStrategy")
        if isinstance(properties.get("LaunchType"), str) and isinstance(strategy, list) and strategy:
            yield ["LaunchType"], "LaunchType stands beside CapacityProviderStrategy: leave it out"
