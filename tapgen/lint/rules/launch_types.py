"""E9112: a service says once where its tasks run."""

from __future__ import annotations

from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template


class LaunchTypes(CloudFormationLintRule):
    """Both are optional, and ECS refuses both together."""

    id = "E9112"
    shortdesc = "No launch type beside a capacity provider strategy"
    description = "A service with a CapacityProviderStrategy must leave LaunchType out"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"
    tags = ["tapgen", "ecs"]

    def __init__(self) -> None:
        """Say which resources to look at."""
        super().__init__()
        self.resource_property_types = ["AWS::ECS::Service", "AWS::ECS::TaskSet"]

    def match_resource_properties(
        self, properties: Any, resourcetype: str, path: Any, cfn: Template
    ) -> list[RuleMatch]:
        """A plain text and a plain list: either may be left out by a condition."""
        if isinstance(properties.get("LaunchType"), str) and isinstance(
            properties.get("CapacityProviderStrategy"), list
        ):
            return [RuleMatch([*path, "LaunchType"], "LaunchType stands beside CapacityProviderStrategy: leave it out")]
        return []
