"""E9105: a description has room for 1,024 bytes."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.lint.rule import TreeRule
from tapgen.lint.stacks import Stack, Where

QUOTA = 1024


class DescriptionSize(TreeRule):
    """Adds to E1003, which counts characters: CloudFormation counts bytes."""

    id = "E9105"
    shortdesc = "The description has at most 1,024 bytes"
    description = "A longer one is refused; letters outside ASCII take two bytes and more"
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
    tags = ["tapgen", "limits"]

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """Only what E1003 lets pass."""
        text = root.template.get("Description")
        if isinstance(text, str) and len(text) <= QUOTA < (size := len(text.encode())):
            yield root, ["Description"], f"the description has {size} bytes, more than {QUOTA}"
