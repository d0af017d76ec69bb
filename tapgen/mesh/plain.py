"""Service Connect without TLS: names and load balancing between services, traffic as the containers send it."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import AWSHelperFn, ecs

from tapgen.config.model import Mesh
from tapgen.config.service import Service
from tapgen.config.workload import url_variable


@dataclass(frozen=True)
class Part:
    """What the mesh adds to a service: the ports of its container, and how it joins."""

    port_mappings: tuple[ecs.PortMapping, ...]
    service_connect: ecs.ServiceConnectConfiguration | None
    """None where the service neither calls nor can be called."""


def join(service: Service, config: Mesh, namespace: AWSHelperFn, proxy_logs: ecs.LogConfiguration) -> Part:
    """A service with ports can be called at `http://<name>:<port>`; one that only calls others joins as their client.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
    """
    ports = service.listens
    mappings = [
        # Without AppProtocol the proxy sees bytes, not requests: no metrics, no timeout for a request.
        ecs.PortMapping(Name=name, ContainerPort=port, Protocol="tcp", AppProtocol="http")
        for name, port in ports.items()
    ]
    if not ports and not service.calls:
        return Part((), None)
    connect = ecs.ServiceConnectConfiguration(Enabled=True, Namespace=namespace, LogConfiguration=proxy_logs)
    if config.access_logs:
        connect.AccessLogConfiguration = ecs.ServiceConnectAccessLogConfiguration(
            Format="JSON", IncludeQueryParameters="DISABLED"
        )
    if ports:
        connect.Services = [_endpoint(service.name, name, port, config) for name, port in ports.items()]
    return Part(tuple(mappings), connect)


def attributes(service: Service) -> dict[str, str]:
    """What callers may say of *service*: where its main port is."""
    return {"url": f"http://{service.name}:{service.port}", "host": service.name, "port": str(service.port)}


def urls(service: Service) -> dict[str, str]:
    """Where callers find *service* and its further ports, by the variables that tell them."""
    return {
        url_variable(
            service.name if name == service.name else f"{service.name}-{name}"
        ): f"http://{service.name}:{port}"
        for name, port in service.listens.items()
    }


def _endpoint(service: str, port_name: str, port: int, config: Mesh) -> ecs.ServiceConnectService:
    """Every port is found at the service's own name; ECS tells them apart by discovery names."""
    return ecs.ServiceConnectService(
        PortName=port_name,
        DiscoveryName=service if port_name == service else f"{service}-{port_name}",
        ClientAliases=[ecs.ServiceConnectClientAlias(DnsName=service, Port=port)],
        Timeout=ecs.TimeoutConfiguration(
            IdleTimeoutSeconds=config.idle_timeout, PerRequestTimeoutSeconds=config.request_timeout
        ),
    )
