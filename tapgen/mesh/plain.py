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

    Without an AppProtocol the proxy sees bytes, not requests: no metrics, no timeout for requests. It never changes.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
    """
    ports = service.listens
    mappings = [
        ecs.PortMapping(Name=name, ContainerPort=port, Protocol="tcp", AppProtocol=_protocol(service, name))
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
        url_variable(service.name if name == service.name else f"{service.name}-{name}"): _url(service, name, port)
        for name, port in service.listens.items()
    }


def _url(service: Service, name: str, port: int) -> str:
    """As clients of the protocol take it; a gRPC target is a URI of a name.

    Source: https://github.com/grpc/grpc/blob/master/doc/naming.md
    """
    scheme = "dns:///" if _protocol(service, name) == "grpc" else "http://"
    return f"{scheme}{service.name}:{port}"


def _protocol(service: Service, name: str) -> str:
    """What is spoken at a port; only the main one can be anything else than HTTP/1.1."""
    return service.protocol if name == service.name else "http"


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
