"""E9115: a service names containers and ports that its task definition has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.literal import items, mapping, number, text


class ServicePorts(CloudFormationLintRule):
    """Where the task definition stands in the same template and is plain."""

    id = "E9115"
    shortdesc = "A service names a container and a port of its task definition"
    description = (
        "A load balancer, a registry or Service Connect that points to an unknown container or port is refused"
    )
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html"
    tags = ["tapgen", "ecs"]

    def __init__(self) -> None:
        """Say which resources to look at."""
        super().__init__()
        self.resource_property_types = ["AWS::ECS::Service"]

    def match_resource_properties(
        self, properties: Any, resourcetype: str, path: Any, cfn: Template
    ) -> list[RuleMatch]:
        """In LoadBalancers, ServiceRegistries and ServiceConnectConfiguration."""
        task = cfn.get_resources("AWS::ECS::TaskDefinition").get(
            mapping(properties.get("TaskDefinition")).get("Ref"), {}
        )
        definitions = mapping(task.get("Properties")).get("ContainerDefinitions")
        ports = _ports(definitions)
        if ports is None:
            return []
        return [*_unknown_containers(properties, ports, path), *_unknown_ports(properties, ports, path)]


def _ports(definitions: object) -> dict[str, dict[int, str | None]] | None:
    """The names of the ports of each container by number; None when something is not plain."""
    containers = [container for _, container in items(definitions)]
    ports = {
        str(container.get("Name")): {
            number(mapped.get("ContainerPort")): text(mapped.get("Name"))
            for _, mapped in items(container.get("PortMappings"))
        }
        for container in containers
    }
    plain = (
        isinstance(definitions, list)
        and len(containers) == len(definitions)
        and all(text(c.get("Name")) for c in containers)
    )
    whole = all(isinstance(container.get("PortMappings", []), list) for container in containers)
    known = {name: {port: of for port, of in given.items() if port is not None} for name, given in ports.items()}
    return known if plain and whole and known and all(None not in given for given in ports.values()) else None


def _unknown_containers(
    service: Mapping[str, Any], ports: dict[str, dict[int, str | None]], path: list[Any]
) -> Iterator[RuleMatch]:
    for section in ("LoadBalancers", "ServiceRegistries"):
        for position, target in items(service.get(section)):
            name, port = text(target.get("ContainerName")), number(target.get("ContainerPort"))
            if name is not None and name not in ports:
                yield RuleMatch(
                    [*path, section, position, "ContainerName"], f"no container of the task is called {name!r}"
                )
            elif name is not None and port is not None and port not in ports[name]:
                yield RuleMatch([*path, section, position, "ContainerPort"], f"container {name!r} has no port {port}")


def _unknown_ports(
    service: Mapping[str, Any], ports: dict[str, dict[int, str | None]], path: list[Any]
) -> Iterator[RuleMatch]:
    names = {name for of in ports.values() for name in of.values()}
    connect = mapping(service.get("ServiceConnectConfiguration"))
    for position, offered in items(connect.get("Services")):
        name = text(offered.get("PortName"))
        if name is not None and name not in names:
            place = [*path, "ServiceConnectConfiguration", "Services", position, "PortName"]
            yield RuleMatch(place, f"no port of the task is called {name!r}")
