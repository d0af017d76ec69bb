"""E9118: no AWS key stands in the environment of a container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.literal import items, text
from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where

NAME = re.compile(r"AWS_(SECRET_ACCESS_KEY|SECRET_KEY|SESSION_TOKEN)$", re.IGNORECASE)
KEY_ID = re.compile(r"\b(AKIA|ASIA)[A-Z2-7]{16}\b")
SECRET = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9/+]{40}")
"""Forty characters of base 64; a hash in hexadecimal has letters of one case only."""


class PlainKeys(ResourceRule):
    """Whoever may read the template or the task definition would have the key."""

    id = "E9118"
    shortdesc = "No AWS key in a plain environment variable"
    description = "A task has a role; any other key belongs in Secrets, which names where the value is kept"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html"
    tags = ["tapgen", "ecs", "security"]
    types = ("AWS::ECS::TaskDefinition",)

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """By the name of the variable, or by what a key looks like; the value itself is not shown."""
        for position, container in items(properties.get("ContainerDefinitions")):
            for at, variable in items(container.get("Environment")):
                name, value = str(variable.get("Name")), text(variable.get("Value"))
                if value and (NAME.search(name) or KEY_ID.search(value) or SECRET.fullmatch(value)):
                    path: Where = ["ContainerDefinitions", position, "Environment", at, "Value"]
                    yield path, f"{name} looks like an AWS key: give the task a role, or name it in Secrets"
