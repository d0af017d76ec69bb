"""E9102: no stack waits for itself, and no template nests itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.stacks import NESTED, Stack, local, tree


class Circles(CloudFormationLintRule):
    """Adds to E3004, which names pairs of resources: the whole way round, and templates that nest themselves."""

    id = "E9102"
    shortdesc = "Nested stacks do not go in circles"
    description = "Stacks that wait for each other, or a template that nests itself, can never be deployed"
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html"
    tags = ["tapgen", "nested stacks"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """One match for each circle, at its first stack."""
        root = tree(cfn)
        waiting = _waiting(root.nested, cfn.graph.graph) if cfn.graph else ()
        nesting = (way for stack in root.descendants for way in _nesting(stack, root.file))
        return [
            *(RuleMatch(["Resources", way[0]], f"these wait for each other: {' -> '.join(way)}") for way in waiting),
            *(RuleMatch(["Resources", way[0]], f"this template nests itself: {' -> '.join(way)}") for way in nesting),
        ]


def _waiting(stacks: Collection[str], graph: Mapping[str, Mapping[str, object]]) -> Iterator[list[str]]:
    named = set[str]()
    for stack in graph:
        if stack in stacks and stack not in named and (way := _way_round(graph, stack)):
            named.update(way)
            yield way


def _way_round(graph: Mapping[str, Mapping[str, object]], start: str) -> list[str]:
    """The shortest way from a resource over those it waits for back to itself."""
    ways, seen = [[start]], set[str]()
    for way in ways:
        for after in graph[way[-1]]:
            if after == start:
                return [*way, start]
            if after not in seen:
                seen.add(after)
                ways.append([*way, after])
    return []


def _nesting(stack: Stack, top: str) -> Iterator[list[str]]:
    """The ways from *top* back to it; another template of the circle says so when it is on top."""
    for name, given in stack.resources(NESTED):
        if local(stack.file, given.get("TemplateURL")) == top:
            yield [*stack.way, name]
