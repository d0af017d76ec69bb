"""E9114: the containers of a task have names of their own, and wait only for each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.literal import items, text
from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where


class ContainerNames(ResourceRule):
    """ECS refuses to register such a task definition."""

    id = "E9114"
    shortdesc = "Names of containers are unique, and DependsOn names one of them"
    description = "Two containers of a task with one name, or one that depends on an unknown one, are refused"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html"
    tags = ["tapgen", "ecs"]
    types = ("AWS::ECS::TaskDefinition",)

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """Silent about unknown names where one of the containers is not plain."""
        definitions = properties.get("ContainerDefinitions")
        names = {position: text(container.get("Name")) for position, container in items(definitions)}
        whole = isinstance(definitions, list) and len(names) == len(definitions) and None not in names.values()
        seen = set[str]()
        for position, container in items(definitions):
            path: Where = ["ContainerDefinitions", position]
            name = names[position]
            if name in seen:
                yield [*path, "Name"], f"another container is called {name!r}"
            seen.add(name or "")
            for at, dependency in items(container.get("DependsOn")):
                awaited = text(dependency.get("ContainerName"))
                if whole and awaited and awaited not in names.values():
                    yield [*path, "DependsOn", at, "ContainerName"], f"no container is called {awaited!r}"
