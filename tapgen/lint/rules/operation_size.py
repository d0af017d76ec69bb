"""E9104: one operation over nested stacks has room for 2,500 resources."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.lint.literal import mapping
from tapgen.lint.rule import TreeRule
from tapgen.lint.stacks import Stack, Where

QUOTA = 2500


class OperationSize(TreeRule):
    """Adds to E3010, which counts within one template."""

    id = "E9104"
    shortdesc = "A template and all it nests have at most 2,500 resources"
    description = "More resources than that in one operation over nested stacks are refused"
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
    tags = ["tapgen", "nested stacks", "limits"]

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """Reported by the template on top."""
        counts = [len(mapping(stack.template.get("Resources"))) for stack in root.descendants]
        if root.children and sum(counts) > QUOTA:
            yield root, ["Resources"], f"{sum(counts)} resources in {len(counts)} stacks are more than {QUOTA}"
