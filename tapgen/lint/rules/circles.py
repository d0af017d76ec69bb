"""E9102: no stack waits for itself."""

from __future__ import annotations

import networkx
from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.stacks import Stack, local, tree

STACK = "AWS::CloudFormation::Stack"


class Circles(CloudFormationLintRule):
    """Adds to E3004, which names pairs of resources, the whole way round, and templates that nest themselves."""

    id = "E9102"
    shortdesc = "Nested stacks do not go in circles"
    description = "Stacks that wait for each other, or a template that nests itself, can never be deployed"
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html"
    tags = ["tapgen", "nested stacks"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """One match for each circle, at its first stack."""
        root = tree(cfn)
        return [*_waiting(cfn), *(match for stack in root.descendants for match in _nesting(stack, root.file))]


def _waiting(cfn: Template) -> list[RuleMatch]:
    if not cfn.graph:
        return []
    graph = networkx.DiGraph(cfn.graph.graph)
    matches, named = [], set[str]()
    for stack in cfn.get_resources(STACK):
        ways = [
            networkx.shortest_path(graph, after, stack)
            for after in graph[stack]
            if networkx.has_path(graph, after, stack)
        ]
        if ways and stack not in named:
            way = [stack, *min(ways, key=len)]
            named.update(way)
            matches.append(RuleMatch(["Resources", stack], f"these wait for each other: {' -> '.join(way)}"))
    return matches


def _nesting(stack: Stack, top: str) -> list[RuleMatch]:
    """Where a template below *top* nests it again; the others of the circle say so when they are on top."""
    ways = (
        [*stack.way, name]
        for name, given in stack.resources(STACK)
        if local(stack.file, given.get("TemplateURL")) == top
    )
    return [RuleMatch(["Resources", way[0]], f"this template nests itself: {' -> '.join(way)}") for way in ways]
