"""Where a service finds those it calls, as its variables and references tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tapgen.config.mesh import Doors
from tapgen.config.service import Service
from tapgen.config.workload import url_variable

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Address:
    """Where one caller finds one service."""

    service: Service
    host: str
    ports: Mapping[str, int]
    """By their names: the main port has the service's own."""

    @property
    def attributes(self) -> dict[str, str]:
        """What the caller may say of it: where its main port is."""
        port = self.ports[self.service.name]
        return {"url": f"http://{self.host}:{port}", "host": self.host, "port": str(port)}

    @property
    def urls(self) -> dict[str, str]:
        """Where the caller finds it and its further ports, by the variables that tell it."""
        own = self.service.name
        return {
            url_variable(own if name == own else f"{own}-{name}"): self._url(name, port)
            for name, port in self.ports.items()
        }

    def _url(self, name: str, port: int) -> str:
        """As clients of the protocol take it; a gRPC target is a URI of a name.

        Source: https://github.com/grpc/grpc/blob/master/doc/naming.md
        """
        scheme = "dns:///" if self.service.speaks(name) == "grpc" else "http://"
        return f"{scheme}{self.host}:{port}"


def addresses(caller: Service, doors: Doors) -> list[Address]:
    """Where *caller* finds each of those it calls: by its name, or through the proxy of its own task."""
    callees = [doors.services[name] for name in caller.calls]
    if doors.mode != "mutual":
        return [Address(callee, doors.host(callee), callee.listens) for callee in callees]
    out = doors.out(caller)
    return [Address(callee, LOOPBACK, out[callee.name]) for callee in callees]
