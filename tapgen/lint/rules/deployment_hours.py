"""E9124: requests have moved before CloudFormation loses patience."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.literal import mapping, number
from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where

LONGEST = 33
"""Hours."""


class DeploymentHours(ResourceRule):
    """Canary and linear deployments; a blue/green one bakes for a day at most."""

    id = "E9124"
    shortdesc = "Requests move within 33 hours"
    description = "CloudFormation refuses services whose steps and bake time take more than 33 hours together"
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-linearconfiguration.html"
    tags = ["tapgen", "ecs", "limits"]
    types = ("AWS::ECS::Service",)

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """Plain numbers only, or none where ECS has its own."""
        said = mapping(properties.get("DeploymentConfiguration"))
        pauses = _pauses(said)
        bake = number(said.get("BakeTimeInMinutes", 0))
        if pauses is not None and bake is not None and pauses + bake > LONGEST * 60:
            hours, minutes = divmod(pauses + bake, 60)
            taken = f"steps and bake time take {hours} hours and {minutes} minutes"
            yield ["DeploymentConfiguration"], f"{taken}; the limit is {LONGEST} hours"


def _pauses(said: Mapping[str, Any]) -> int | None:
    """Minutes between the steps.

    The numbers of ECS: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html
    """
    match said.get("Strategy"):
        case "CANARY":
            return number(mapping(said.get("CanaryConfiguration")).get("CanaryBakeTimeInMinutes", 10))
        case "LINEAR":
            linear = mapping(said.get("LinearConfiguration"))
            percent, pause = linear.get("StepPercent", 10), number(linear.get("StepBakeTimeInMinutes", 6))
            if pause is not None and isinstance(percent, int | float) and percent > 0:
                return (math.ceil(100 / percent) - 1) * pause
    return None
