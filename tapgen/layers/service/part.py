"""What the mesh adds to a service, beside Service Connect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from troposphere import AWSHelperFn, AWSObject, ecs, iam

from tapgen.layers.workload.container import Container


def _nothing(_service: ecs.Service) -> Sequence[AWSObject]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """Its part in the mesh."""

    ports: Sequence[ecs.PortMapping] = ()
    """The ports of the service's own container."""
    told: Mapping[str, AWSHelperFn | str] = field(default_factory=dict)
    """What that container is told."""
    containers: Sequence[Container] = ()
    """What runs beside it; it waits until the last is healthy."""
    policies: Sequence[iam.Policy] = ()
    """What these may do."""
    proxy: ecs.ProxyConfiguration | None = None
    """What Fargate sends through one of them unasked."""
    registries: Sequence[ecs.ServiceRegistry] = ()
    """Where others find its tasks, where that is not Service Connect."""
    watch: Callable[[ecs.Service], Sequence[AWSObject]] = _nothing
    """What looks after its tasks."""
