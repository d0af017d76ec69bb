"""In which order services are made."""

from __future__ import annotations

from collections.abc import Mapping

from tapgen.config.service import Service


def callees_first(services: Mapping[str, Service]) -> list[Service]:
    """Every service after those it calls, since tasks find only what existed when they started.

    Where calls form a circle, the one named first in the file comes last.
    """
    order: dict[str, Service] = {}
    begun: set[str] = set()

    def place(service: Service) -> None:
        if service.name in begun:
            return
        begun.add(service.name)
        for callee in service.calls:
            place(services[callee])
        order[service.name] = service

    for service in services.values():
        place(service)
    return list(order.values())
