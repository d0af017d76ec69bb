"""What the Envoy of a service does: whom it lets in, whom it lets out to, and who its service is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tapgen.config.mesh import BALANCED, Doors, Mesh
from tapgen.config.service import Service


@dataclass(frozen=True)
class Inbound:
    """A port at which callers are let in that prove to be one of *callers*."""

    port: int
    app_port: int
    protocol: str
    callers: Sequence[str]
    """Their identities."""


@dataclass(frozen=True)
class Balanced:
    """A port at which the load balancer is let in, which proves nothing: the firewall keeps everybody else out."""

    name: str
    port: int
    app_port: int
    protocol: str


@dataclass(frozen=True)
class Outbound:
    """A port of the loopback network that leads to one port of one callee, if it proves to be that."""

    port: int
    host: str
    """The name in Service Connect."""
    host_port: int
    protocol: str
    identity: str


@dataclass(frozen=True)
class Proxy:
    """One Envoy, as data: what its configuration is made from."""

    service: str
    inbound: Sequence[Inbound]
    balanced: Sequence[Balanced]
    outbound: Sequence[Outbound]
    mesh: Mesh


def identity(trust_domain: str, service: str) -> str:
    """What a certificate says its holder is.

    Source: https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md
    """
    return f"spiffe://{trust_domain}/{service}"


def proxy(service: Service, mesh: Mesh, doors: Doors, trust_domain: str) -> Proxy:
    """The Envoy beside each task of *service*, from the calls that the file declares."""
    callers = [identity(trust_domain, name) for name in doors.callers(service)]
    called = doors.called(service).items()
    inbound = [Inbound(port, service.listens[name], service.speaks(name), callers) for name, port in called]
    balanced = [
        Balanced(purpose, BALANCED[purpose], port, service.protocol)
        for purpose, port in (service.balanced.items() if service.paths else ())
    ]
    outbound = [
        Outbound(port, callee.name, callee.listens[name], callee.speaks(name), identity(trust_domain, callee.name))
        for callee, ports in ((doors.services[callee], ports) for callee, ports in doors.out(service).items())
        for name, port in ports.items()
    ]
    return Proxy(service.name, inbound, balanced, outbound, mesh)
