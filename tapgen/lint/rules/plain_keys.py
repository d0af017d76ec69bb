"""E9118: no AWS key stands in the environment of a container."""

from __future__ import annotations

import re
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.literal import items, text

NAME = re.compile(r"AWS_(SECRET_ACCESS_KEY|SECRET_KEY|SESSION_TOKEN)$", re.IGNORECASE)
KEY_ID = re.compile(r"\b(AKIA|ASIA)[A-Z2-7]{16}\b")
SECRET = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9/+]{40}")
"""Forty letters of base 64 that are no hash in hexadecimal, which has letters of one case."""


class PlainKeys(CloudFormationLintRule):
    """Whoever may read the template or the task definition would have the key."""

    id = "E9118"
    shortdesc = "No AWS key in a plain environment variable"
    description = "A task has a role; any other key belongs in Secrets, which names where the value is kept"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-iam-bp.html"
    tags = ["tapgen", "ecs", "security"]

    def __init__(self) -> None:
        """Say which resources to look at."""
        super().__init__()
        self.resource_property_types = ["AWS::ECS::TaskDefinition"]

    def match_resource_properties(
        self, properties: Any, resourcetype: str, path: Any, cfn: Template
    ) -> list[RuleMatch]:
        """By the name of the variable, or by what a key looks like; the value itself is not shown."""
        return [
            RuleMatch(
                [*path, "ContainerDefinitions", position, "Environment", at, "Value"],
                f"{variable.get('Name')} looks like an AWS key in plain text: give the task a role, or use Secrets",
            )
            for position, container in items(properties.get("ContainerDefinitions"))
            for at, variable in items(container.get("Environment"))
            if (value := text(variable.get("Value")))
            if NAME.search(str(variable.get("Name"))) or KEY_ID.search(value) or SECRET.fullmatch(value)
        ]
