"""E9119: a port is a number that ports have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tapgen.lint.literal import mapping, number
from tapgen.lint.rule import TreeRule
from tapgen.lint.stacks import Stack, Where, properties

PORTS = ("Port", "ContainerPort", "HostPort", "FromPort", "ToPort", "HealthCheckPort", "IngressPortOverride")
LOWEST = -1
"""Rules of security groups write -1 for every port; 0 lets ECS choose one."""


class PortNumbers(TreeRule):
    """Properties with these names, wherever they stand in a resource."""

    id = "E9119"
    shortdesc = "A port lies below 65536"
    description = "A port lies between 0 and 65535; -1 means every port in rules of security groups"
    source_url = "https://www.rfc-editor.org/rfc/rfc6335#section-6"
    tags = ["tapgen"]

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """In all resources; nested templates have their own turn."""
        for name in mapping(root.template.get("Resources")):
            for path, port in _ports(properties(root, name)):
                if not LOWEST <= port <= 65535:
                    yield root, ["Resources", name, "Properties", *path], f"{port} is no port"


def _ports(node: object) -> Iterator[tuple[Where, int]]:
    parts: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in parts:
        if key in PORTS and (port := number(value)) is not None:
            yield [key], port
        yield from (([key, *path], deeper) for path, deeper in _ports(value))
