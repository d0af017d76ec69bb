"""E9115: a service names containers and ports that its task definition has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.literal import items, mapping, number, text
from tapgen.lint.rule import TreeRule
from tapgen.lint.stacks import Stack, Where, properties

Ports = Mapping[str, Mapping[int, str | None]]
"""The names of the ports of each container, by number."""


class ServicePorts(TreeRule):
    """Where the task definition stands in the same template and is plain."""

    id = "E9115"
    shortdesc = "A service names a container and a port of its task definition"
    description = "A load balancer, a registry or Service Connect with an unknown container or port is refused"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html"
    tags = ["tapgen", "ecs"]

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """In LoadBalancers, ServiceRegistries and ServiceConnectConfiguration."""
        for name, service in root.resources("AWS::ECS::Service"):
            task = properties(root, str(mapping(service.get("TaskDefinition")).get("Ref")))
            if ports := _ports(task.get("ContainerDefinitions")):
                for path, message in (*_targets(service, ports), *_connected(service, ports)):
                    yield root, ["Resources", name, "Properties", *path], message


def _ports(definitions: object) -> Ports:
    """None at all when something is not plain."""
    ports: dict[str, dict[int, str | None]] = {}
    for container in definitions if isinstance(definitions, list) else ():
        name, mapped = text(mapping(container).get("Name")), mapping(container).get("PortMappings", [])
        numbers = (
            [number(mapping(item).get("ContainerPort")) for item in mapped] if isinstance(mapped, list) else [None]
        )
        if name is None or None in numbers:
            return {}
        ports[name] = {
            port: text(item.get("Name")) for port, item in zip(numbers, mapped, strict=True) if port is not None
        }
    return ports


def _targets(service: Mapping[str, Any], ports: Ports) -> Iterator[tuple[Where, str]]:
    for section in ("LoadBalancers", "ServiceRegistries"):
        for position, target in items(service.get(section)):
            name, port = text(target.get("ContainerName")), number(target.get("ContainerPort"))
            if name and name not in ports:
                yield [section, position, "ContainerName"], f"no container of the task is called {name!r}"
            elif name and port is not None and port not in ports[name]:
                yield [section, position, "ContainerPort"], f"container {name!r} has no port {port}"


def _connected(service: Mapping[str, Any], ports: Ports) -> Iterator[tuple[Where, str]]:
    names = {name for given in ports.values() for name in given.values()}
    for position, offered in items(mapping(service.get("ServiceConnectConfiguration")).get("Services")):
        name = text(offered.get("PortName"))
        if name and name not in names:
            place: Where = ["ServiceConnectConfiguration", "Services", position, "PortName"]
            yield place, f"no port of the task is called {name!r}"
