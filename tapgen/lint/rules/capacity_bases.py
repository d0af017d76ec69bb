"""E9113: only one capacity provider has a base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.literal import items, number
from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where


class CapacityBases(ResourceRule):
    """ECS refuses a strategy with two."""

    id = "E9113"
    shortdesc = "Only one capacity provider of a strategy has a base"
    description = "Only one capacity provider in a strategy can have a Base above 0"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html"
    tags = ["tapgen", "ecs"]
    types = (
        "AWS::ECS::Service",
        "AWS::ECS::TaskSet",
        "AWS::ECS::Cluster",
        "AWS::ECS::ClusterCapacityProviderAssociations",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """Every provider with a base but the first."""
        for name in ("CapacityProviderStrategy", "DefaultCapacityProviderStrategy"):
            based = [place for place, item in items(properties.get(name)) if (number(item.get("Base")) or 0) > 0]
            yield from (([name, place, "Base"], "another capacity provider has a base already") for place in based[1:])
