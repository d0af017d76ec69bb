"""E9113: only one capacity provider has a base."""

from __future__ import annotations

from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.literal import items, number

STRATEGIES = {
    "AWS::ECS::Service": "CapacityProviderStrategy",
    "AWS::ECS::TaskSet": "CapacityProviderStrategy",
    "AWS::ECS::Cluster": "DefaultCapacityProviderStrategy",
    "AWS::ECS::ClusterCapacityProviderAssociations": "DefaultCapacityProviderStrategy",
}


class CapacityBases(CloudFormationLintRule):
    """ECS refuses a strategy with two."""

    id = "E9113"
    shortdesc = "Only one capacity provider of a strategy has a base"
    description = "Only one capacity provider in a strategy can have a Base above 0"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html"
    tags = ["tapgen", "ecs"]

    def __init__(self) -> None:
        """Say which resources to look at."""
        super().__init__()
        self.resource_property_types = list(STRATEGIES)

    def match_resource_properties(
        self, properties: Any, resourcetype: str, path: Any, cfn: Template
    ) -> list[RuleMatch]:
        """Every provider with a base but the first."""
        strategy = STRATEGIES[resourcetype]
        based = [position for position, item in items(properties.get(strategy)) if (number(item.get("Base")) or 0) > 0]
        return [
            RuleMatch([*path, strategy, position, "Base"], "another capacity provider has a base already")
            for position in based[1:]
        ]
