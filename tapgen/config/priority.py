"""In which order the load balancer tries the paths of the services."""

from __future__ import annotations

from hashlib import sha256

from tapgen.config.service import Service

BANDS = (range(50_000, 50_001), range(25_000, 50_000), range(10_000, 25_000), range(4_000, 10_000), range(1, 4_000))
"""The priorities for paths of 0, 1, 2, 3 and more segments: the more specific a path, the earlier it is tried."""


def band(path: str) -> range:
    """The priorities that a path may get."""
    segments = len(path.strip("/").split("/")) if path != "/" else 0
    return BANDS[min(segments, len(BANDS) - 1)]


def priority(path: str) -> int:
    """The priority of a path, which follows from the path alone, so that no other service can change it."""
    numbers = band(path)
    return numbers[int.from_bytes(sha256(path.encode()).digest()[:8], "big") % len(numbers)]


def rule_priority(service: Service) -> int | None:
    """The priority of the listener rule of a service; none without a path."""
    if service.path is None:
        return None
    return service.priority or priority(service.path)
