"""How services reach each other: what can be said about it, and what follows for the ports and the size of tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tapgen.config.service import Service
from tapgen.config.types import Model, looks

Tls = Literal["off", "on", "mutual"]

Mode = Literal["off", "on", "mutual", "app_mesh"]
"""What `tls` says, or that App Mesh is in the place of Service Connect."""

ROOM: dict[Mode, tuple[int, int]] = {"off": (0, 0), "on": (256, 64), "mutual": (512, 256), "app_mesh": (512, 256)}
"""CPU units and MiB of a task that the proxy of Service Connect needs, and Envoy with its certificates.

As much again for Envoy and its agent as AWS recommends for that proxy is our own measure. Source:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
"""

SHUT_DOWN = "2026-09-30"
"""The day on which AWS shut App Mesh down: https://docs.aws.amazon.com/app-mesh/latest/userguide/what-is-app-mesh.html"""


def _known(value: object) -> object:
    if value != SHUT_DOWN:
        known = f"write `app_mesh: {SHUT_DOWN}` to say that you know"
        raise ValueError(f"is not {SHUT_DOWN}, the day on which AWS shut App Mesh down: {known}")
    return value


ShutDown = Annotated[str, looks(f"^{SHUT_DOWN}$", SHUT_DOWN), BeforeValidator(_known)]
"""That day, and nothing else."""

GATEWAY = "gateway"
"""The service through which requests from the internet get into App Mesh."""

GATEWAY_PORT = 8080

APP_MESH_ADMIN = 9901
"""Where the Envoy of App Mesh tells its own state: https://docs.aws.amazon.com/app-mesh/latest/userguide/envoy-config.html"""

APP_MESH_IN, APP_MESH_OUT = 15000, 15001
"""Where that Envoy gets what comes into a task, and what leaves it."""

CALLS = 15000
"""The first port at which the proxies of callers find a service that is reached through a proxy of its own."""

BALANCED = {"": 15100, "health": 15101}
"""Where the load balancer finds such a service, and asks for its health where that is elsewhere."""

OUT = 15200
"""The first port of the loopback network at which a service finds those it calls."""

ADMIN = 15300
"""Where Envoy tells its own state, on the loopback network."""

RESERVED: dict[Mode, Sequence[int]] = {
    "mutual": range(15000, 15400),
    "app_mesh": (APP_MESH_ADMIN, APP_MESH_IN, APP_MESH_OUT),
}
"""The ports of Envoy, which no container beside it may take."""


class Mesh(Model):
    """How services reach each other."""

    tls: Tls = "off"
    """Whether traffic between services is encrypted. `on`: by Service Connect, with certificates of a private CA, so
    that callers know whom they reach. `mutual`: by an Envoy beside each task, so that callees know their callers too,
    and let in only those that declare the call."""

    app_mesh: ShutDown | None = None
    """Render App Mesh with mutual TLS in place of Service Connect, for platforms that move away from App Mesh:
    `2026-09-30`, the day on which AWS shut App Mesh down. Only a local AWS takes that. See `docs/from-app-mesh.md`."""

    certificate_days: int = Field(7, ge=1, le=7)
    """Days for which the certificate of a task is valid where `tls` is `mutual`; a new one is there after two fifths of
    them, in App Mesh with a new task. Service Connect decides for itself."""

    request_timeout: int = Field(15, ge=1, le=3600)
    """Seconds after which a request is cut: a call between services, and one from the internet, which passes the proxy
    of the service too."""

    idle_timeout: int = Field(300, ge=1, le=3600)
    """Seconds after which an idle connection between services is closed."""

    access_logs: bool = True
    """Record every request that a service gets, health checks included, in its log group."""

    @property
    def mode(self) -> Mode:
        """Which mesh it is."""
        return "app_mesh" if self.app_mesh else self.tls


@dataclass(frozen=True)
class Doors:
    """Where tasks of each service are reached: at its own ports, or at those of a proxy in front of it."""

    mode: Mode
    plain_balancer: bool
    """Whether the load balancer speaks HTTP, and so has to go past a proxy that expects TLS."""
    services: Mapping[str, Service]
    domain: str = ""
    """What the names of services end with, where that is more than the name itself."""

    @property
    def certified(self) -> bool:
        """Whether tasks that have a part in the mesh have certificates of their own."""
        return self.mode in ("mutual", "app_mesh")

    def host(self, service: Service) -> str:
        """The name at which the mesh knows a service."""
        return f"{service.name}.{self.domain}" if self.domain else service.name

    def callers(self, service: Service) -> list[str]:
        """Who calls a service."""
        return [name for name, each in self.services.items() if service.name in each.calls]

    def joins(self, service: Service) -> bool:
        """Whether it has a part in the mesh: calls somebody, can be called, or, with a proxy of its own, is public."""
        called = bool(self.callers(service)) if self.certified else bool(service.listens)
        return called or bool(service.calls) or (self.certified and bool(service.paths))

    def overridden(self, service: Service) -> bool:
        """Whether callers find Service Connect at another port than the load balancer finds the service."""
        return self.mode == "on" and self.plain_balancer and bool(service.paths)

    def called(self, service: Service) -> dict[str, int]:
        """Where the proxies of callers find it, by the names of its ports."""
        if self.mode == "mutual" and not self.callers(service):
            return {}
        if self.mode == "mutual" or self.overridden(service):
            return {name: CALLS + number for number, name in enumerate(service.listens)}
        return service.listens

    def balanced(self, service: Service) -> dict[str, int]:
        """Where the load balancer finds it: for requests, and for its health if that is asked for elsewhere."""
        if self.mode == "mutual":
            return {purpose: BALANCED[purpose] for purpose in service.balanced}
        return service.balanced

    def encrypted(self, service: Service, purpose: str = "") -> bool:
        """Whether the load balancer speaks TLS, for requests (`""`) or for `health` that is asked for elsewhere."""
        if self.certified:
            return self.mode == "mutual" or not purpose
        port = service.balanced.get(purpose)
        return self.mode == "on" and not self.overridden(service) and port in service.listens.values()

    def out(self, service: Service) -> dict[str, dict[str, int]]:
        """Where it finds the ports of those it calls, by their names, through a proxy of its own."""
        wanted = [(callee, port) for callee in service.calls for port in self.services[callee].listens]
        found: dict[str, dict[str, int]] = {}
        for number, (callee, port) in enumerate(wanted):
            found.setdefault(callee, {})[port] = OUT + number
        return found

    def room(self, service: Service) -> tuple[int, int]:
        """CPU units and MiB of a task that the mesh needs."""
        return ROOM[self.mode] if self.joins(service) else (0, 0)
