"""What our rules have in common: cfn-lint finds them as its own, and each only says where and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.stacks import Stack, Where, found, tree


class ResourceRule(CloudFormationLintRule):
    """A rule about the properties of some types of resources."""

    types: ClassVar[Sequence[str]] = ()

    def __init__(self) -> None:
        """Tell cfn-lint the types."""
        super().__init__()
        self.resource_property_types = list(self.types)

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """What is wrong with the properties of a resource, and where in them."""
        raise NotImplementedError

    def match_resource_properties(
        self,
        properties: dict[str, Any],
        resourcetype: str,  # noqa: ARG002 - the signature is cfn-lint's
        path: Where,
        cfn: Template,  # noqa: ARG002
    ) -> list[RuleMatch]:
        """Called by cfn-lint."""
        return [RuleMatch([*path, *place], message) for place, message in self.problems(properties)]


class TreeRule(CloudFormationLintRule):
    """A rule about a template together with all that it nests."""

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """What is wrong in the tree, in which template and where there."""
        raise NotImplementedError

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Called by cfn-lint."""
        return [found(cfn, stack, path, message) for stack, path, message in self.problems(tree(cfn))]
