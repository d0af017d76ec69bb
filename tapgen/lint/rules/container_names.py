"""E9114: the containers of a task have names of their own, and wait only for each other."""

from __future__ import annotations

from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.literal import items, text


class ContainerNames(CloudFormationLintRule):
    """ECS refuses to register such a task definition."""

    id = "E9114"
    shortdesc = "Names of containers are unique, and DependsOn names one of them"
    description = "Two containers of a task with one name, or one that depends on an unknown one, are refused"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html"
    tags = ["tapgen", "ecs"]

    def __init__(self) -> None:
        """Say which resources to look at."""
        super().__init__()
        self.resource_property_types = ["AWS::ECS::TaskDefinition"]

    def match_resource_properties(
        self, properties: Any, resourcetype: str, path: Any, cfn: Template
    ) -> list[RuleMatch]:
        """Silent about unknown names when one of the names is not plain."""
        containers = dict(items(properties.get("ContainerDefinitions")))
        names = {position: text(container.get("Name")) for position, container in containers.items()}
        first = {name: position for position, name in reversed(names.items())}
        matches = [
            RuleMatch([*path, "ContainerDefinitions", position, "Name"], f"another container is called {name!r}")
            for position, name in names.items()
            if name is not None and first[name] != position
        ]
        if None in first or len(containers) != len(properties.get("ContainerDefinitions") or ()):
            return matches
        return matches + [
            RuleMatch(
                [*path, "ContainerDefinitions", position, "DependsOn", at, "ContainerName"],
                f"no container is called {name!r}",
            )
            for position, container in containers.items()
            for at, dependency in items(container.get("DependsOn"))
            if (name := text(dependency.get("ContainerName"))) is not None and name not in first
        ]
