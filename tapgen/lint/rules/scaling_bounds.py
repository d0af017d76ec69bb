"""E9116: scaling has a minimum that is not above its maximum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.literal import number
from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where


class ScalingBounds(ResourceRule):
    """Application Auto Scaling refuses to register such a target."""

    id = "E9116"
    shortdesc = "MinCapacity is not above MaxCapacity"
    description = "The minimum of a scalable target is at most its maximum"
    source_url = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html"
    tags = ["tapgen", "applicationautoscaling"]
    types = ("AWS::ApplicationAutoScaling::ScalableTarget",)

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """Plain numbers only."""
        least, most = number(properties.get("MinCapacity")), number(properties.get("MaxCapacity"))
        if least is not None and most is not None and least > most:
            yield ["MinCapacity"], f"MinCapacity {least} is above MaxCapacity {most}"
