"""E9119: a port is a number that ports have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.literal import mapping, number

PORTS = {"Port", "ContainerPort", "HostPort", "FromPort", "ToPort", "HealthCheckPort", "IngressPortOverride"}
LOWEST = -1
"""Security groups and access lists write -1 for every port; 0 lets ECS choose one."""


class PortNumbers(CloudFormationLintRule):
    """Properties with these names, wherever they stand in a resource."""

    id = "E9119"
    shortdesc = "A port lies below 65536"
    description = "A port, plain or as text, lies between 0 and 65535; -1 means every port in rules of security groups"
    source_url = "https://www.iana.org/assignments/service-names-port-numbers"
    tags = ["tapgen"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """In all resources."""
        return [
            RuleMatch(["Resources", name, "Properties", *path], f"{port} is no port")
            for name, resource in mapping(cfn.template.get("Resources")).items()
            for path, port in _ports(mapping(resource).get("Properties"))
            if not LOWEST <= port <= 65535
        ]


def _ports(node: object) -> Iterator[tuple[list[str | int], int]]:
    parts: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in parts:
        port = number(value) if key in PORTS else None
        if port is not None:
            yield [key], port
        yield from (([key, *path], deeper) for path, deeper in _ports(value))
