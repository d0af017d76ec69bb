"""E9122: a task definition has room for 64 KiB."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where

QUOTA = 64 * 1024


class TaskSize(ResourceRule):
    """Whole configurations and programs stand in containers, as text that JSON spells longer."""

    id = "E9122"
    shortdesc = "A task definition has at most 64 KiB"
    description = "A larger one is refused; functions of the template are counted as they stand"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html"
    tags = ["tapgen", "ecs", "limits"]
    types = ("AWS::ECS::TaskDefinition",)

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """One for the whole."""
        size = len(json.dumps(properties, separators=(",", ":"), default=str).encode())
        if size > QUOTA:
            yield ["ContainerDefinitions"], f"the task definition has {size} bytes, more than {QUOTA}"
