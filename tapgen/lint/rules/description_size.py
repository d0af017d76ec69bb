"""E9105: a description has room for 1,024 bytes."""

from __future__ import annotations

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

QUOTA = 1024


class DescriptionSize(CloudFormationLintRule):
    """Adds to E1003, which counts characters: CloudFormation counts bytes."""

    id = "E9105"
    shortdesc = "The description has at most 1,024 bytes"
    description = "A longer one is refused; letters outside ASCII take two bytes and more"
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
    tags = ["tapgen", "limits"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Only what E1003 lets pass."""
        text = cfn.template.get("Description")
        if not isinstance(text, str) or len(text) > QUOTA or len(text.encode()) <= QUOTA:
            return []
        return [RuleMatch(["Description"], f"the description has {len(text.encode())} bytes, more than {QUOTA}")]
