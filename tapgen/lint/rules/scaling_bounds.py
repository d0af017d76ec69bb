"""E9116: scaling has a minimum that is not above its maximum."""

from __future__ import annotations

from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.literal import number


class ScalingBounds(CloudFormationLintRule):
    """Application Auto Scaling refuses to register such a target."""

    id = "E9116"
    shortdesc = "MinCapacity is not above MaxCapacity"
    description = "The minimum of a scalable target is at most its maximum"
    source_url = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html"
    tags = ["tapgen", "applicationautoscaling"]

    def __init__(self) -> None:
        """Say which resources to look at."""
        super().__init__()
        self.resource_property_types = ["AWS::ApplicationAutoScaling::ScalableTarget"]

    def match_resource_properties(
        self, properties: Any, resourcetype: str, path: Any, cfn: Template
    ) -> list[RuleMatch]:
        """Plain numbers only."""
        least, most = number(properties.get("MinCapacity")), number(properties.get("MaxCapacity"))
        if least is None or most is None or least <= most:
            return []
        return [RuleMatch([*path, "MinCapacity"], f"MinCapacity {least} is above MaxCapacity {most}")]
