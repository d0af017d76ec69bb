"""Mutual TLS: an Envoy whose whole configuration is in the template, and the certificates of the service."""

from __future__ import annotations

from collections.abc import Sequence

import yaml
from troposphere import Template, ecs

from tapgen.config.image_names import AGENT, CONTAINERS, ENVOY
from tapgen.config.mesh import ADMIN, BALANCED
from tapgen.config.service import Service
from tapgen.config.workload import ContainerCheck, ContainerSettings
from tapgen.kinds import Text
from tapgen.layers.service.identity import VOLUME, Identity
from tapgen.layers.service.part import Part
from tapgen.layers.workload.container import Container, health_check
from tapgen.layers.workload.foundation import Foundation
from tapgen.mesh.mutual.envoy import CERTIFICATES, bootstrap
from tapgen.mesh.mutual.proxy import proxy
from tapgen.mesh.service_connect import Authority

READY = (
    f"exec 3<>/dev/tcp/127.0.0.1/{ADMIN}; "
    "printf 'GET /ready HTTP/1.1\\r\\nHost: envoy\\r\\nConnection: close\\r\\n\\r\\n' >&3; grep -q LIVE <&3"
)
"""Envoy's image has bash, and nothing that asks for a page; Envoy answers no HTTP/1.0."""


def join(
    template: Template, config: Service, on: Foundation, authority: Authority, entrances: Sequence[ecs.PortMapping]
) -> Part:
    """The part of a service whose Envoy callers find at the *entrances*.

    Envoy waits for a certificate, and the service for Envoy.
    """
    identity = Identity(config, on, authority, ADMIN)
    signer = identity.signer(template)
    return Part(
        containers=[identity.agent(signer), _envoy(config, on, entrances)],
        policies=[identity.policy(signer)],
        watch=lambda service: [identity.alarm(Text(service.get_att("Name")))],
    )


def _envoy(config: Service, on: Foundation, entrances: Sequence[ecs.PortMapping]) -> Container:
    """Source: https://www.envoyproxy.io/docs/envoy/v1.40.0/operations/cli ."""
    told = bootstrap(proxy(config, on.mesh, on.doors, on.trust_domain))
    text = yaml.safe_dump(told, sort_keys=False, default_flow_style=None, width=110)
    workers = str(max(1, config.cpu // 1024))
    balanced = [ecs.PortMapping(ContainerPort=BALANCED[""], Protocol="tcp")] if config.paths else []
    return Container(
        name=CONTAINERS[ENVOY],
        config=ContainerSettings(entry_point=("envoy",), needs={CONTAINERS[AGENT]: "healthy"}),
        image=on.images.beside(ENVOY),
        command=["--config-yaml", text, "--concurrency", workers, "--disable-hot-restart", "--log-level", "warn"],
        ports=[*entrances, *balanced],
        reads={VOLUME: CERTIFICATES},
        health=health_check(ContainerCheck(interval=5, timeout=3, start=60), ["CMD", "bash", "-c", READY]),
        sessions=False,
    )
