"""How ECS finds out from inside that the container of a service works."""

from __future__ import annotations

from troposphere import ecs

from tapgen import placeholder
from tapgen.config.service import Service
from tapgen.layers.workload.container import health_check


def check(config: Service) -> ecs.HealthCheck | None:
    """What the file says, or what asks for `health.path`; None where nobody can ask."""
    return health_check(config.health.container, _command(config))


def _command(config: Service) -> list[str]:
    """What tells ECS that the container works. A service without a port can only say so itself.

    For gRPC there is nothing that images have in common: only the load balancer asks, unless the file says more.
    """
    if config.health.container.command is not None:
        return ["CMD", *config.health.container.command] if config.health.container.command else []
    if not config.port:
        return []
    url = f"http://127.0.0.1:{config.health_port}{config.health_path}"
    if not config.has_image:
        return placeholder.health_command(config.port, config.health_path)
    match config.protocol:
        case "http":
            return ["CMD-SHELL", f"wget -q -O /dev/null {url} || curl -fsS -o /dev/null {url} || exit 1"]
        case "http2":
            return ["CMD-SHELL", f"curl -fsS --http2-prior-knowledge -o /dev/null {url} || exit 1"]
    return []
