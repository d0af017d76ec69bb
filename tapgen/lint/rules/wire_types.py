"""E9101: what one stack gives another is what that one expects."""

from __future__ import annotations

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.kind import kind_of, misfit
from tapgen.lint.literal import mapping
from tapgen.lint.stacks import tree


class WireTypes(CloudFormationLintRule):
    """Follows each parameter of a nested stack to the resource it comes from."""

    id = "E9101"
    shortdesc = "A parameter of a nested stack gets a value of its type"
    description = (
        "A list, or the id of something else, given for a VPC, a subnet or a security group fails when it is deployed"
    )
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html"
    )
    tags = ["tapgen", "nested stacks"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Only the root's own children: deeper ones are checked with their own root."""
        root = tree(cfn)
        return [
            RuleMatch(["Resources", child.name, "Properties", "Parameters", name], f"{name} of {child.name} {problem}")
            for child in root.children.values()
            for name, value in child.given.items()
            if (expected := mapping(mapping(child.template.get("Parameters")).get(name)).get("Type"))
            if (problem := misfit(kind_of(root, value), str(expected)))
        ]
