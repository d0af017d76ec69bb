"""E9104: one operation over nested stacks has room for 2,500 resources."""

from __future__ import annotations

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.literal import mapping
from tapgen.lint.stacks import tree

QUOTA = 2500


class OperationSize(CloudFormationLintRule):
    """Adds to E3010, which counts within one template."""

    id = "E9104"
    shortdesc = "A template and all it nests have at most 2,500 resources"
    description = "More resources than that in one operation over nested stacks are refused"
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
    tags = ["tapgen", "nested stacks", "limits"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """The root alone counts: each template says how many it brings."""
        counts = [len(mapping(stack.template.get("Resources"))) for stack in tree(cfn).descendants]
        if len(counts) == 1 or sum(counts) <= QUOTA:
            return []
        return [RuleMatch(["Resources"], f"{sum(counts)} resources in {len(counts)} stacks are more than {QUOTA}")]
