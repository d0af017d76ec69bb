"""The operations that we answer ourselves, or answer after ministack did: what the modules of services are made of.

    @operation("ecs", "CreateService")
    async def create_service(request: Fields, proceed: Proceed) -> Fields: ...

*proceed* hands a request, changed or not, to what stands behind: ministack, or moto.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tapgen.localaws.protocol import Fields

Proceed = Callable[[Fields], Awaitable[Fields]]
Handler = Callable[[Fields, Proceed], Awaitable[Fields]]

_HANDLERS: dict[tuple[str, str], Handler] = {}


def operation(service: str, *names: str) -> Callable[[Handler], Handler]:
    """Answer the operations of that name of *service* with the decorated function."""

    def register(handler: Handler) -> Handler:
        _HANDLERS.update({(service, name): handler for name in names})
        return handler

    return register


def handler(service: str, name: str) -> Handler | None:
    """Who answers an operation, if we do."""
    return _HANDLERS.get((service, name))
