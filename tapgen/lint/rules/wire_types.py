"""E9101: what one stack gives another is what that one expects."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.lint.literal import mapping
from tapgen.lint.rule import TreeRule
from tapgen.lint.stacks import Stack, Where
from tapgen.lint.value_types import misfit, type_of


class WireTypes(TreeRule):
    """Follows each parameter of a nested stack to the resource that it comes from; deeper ones have their own turn."""

    id = "E9101"
    shortdesc = "A parameter of a nested stack gets a value of its type"
    description = (
        "A list, or the id of something else, given for a VPC, a subnet or a security group fails when deployed"
    )
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html"
    )
    tags = ["tapgen", "nested stacks"]

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """Each value that is known not to fit."""
        for child in root.children.values():
            for name, value in child.given.items():
                expected = mapping(mapping(child.template.get("Parameters")).get(name)).get("Type")
                if problem := misfit(type_of(root, value), str(expected)):
                    yield root, ["Resources", child.name, "Properties", "Parameters", name], f"{name} {problem}"
