"""E9118: no credential stands in the environment of a container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.credentials import credential
from tapgen.lint.literal import items, text
from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where


class PlainCredentials(ResourceRule):
    """Whoever may read the template or the task definition would have the credential."""

    id = "E9118"
    shortdesc = "No credential in a plain environment variable"
    description = "A task has a role; any other credential belongs in Secrets, which names where the value is kept"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html"
    tags = ["tapgen", "ecs", "security"]
    types = ("AWS::ECS::TaskDefinition",)

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """By what a value looks like, as the configuration judges it too; the value itself is not shown."""
        for position, container in items(properties.get("ContainerDefinitions")):
            for at, variable in items(container.get("Environment")):
                if found := credential(text(variable.get("Value")) or ""):
                    path: Where = ["ContainerDefinitions", position, "Environment", at, "Value"]
                    yield path, f"{variable.get('Name')} holds {found}: give the task a role, or name it in Secrets"
