"""What images are called, by us and by others: keys of `tapgen.images.yaml`, repositories, references."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

OURS = "tapgen"
"""What the names of images that tapgen brings begin with; no service can have this name."""

PLACEHOLDER = f"{OURS}.placeholder"
"""What services run that have no image yet."""

COLLECTOR = f"{OURS}.otel"
"""What `telemetry` runs."""

ENVOY = f"{OURS}.envoy"
"""What speaks mutual TLS for a service."""

AGENT = f"{OURS}.certificates"
"""What gets its certificates."""

CONTAINERS = {COLLECTOR: "telemetry", ENVOY: "envoy", AGENT: "certificates"}
"""What the containers are called that run them."""

BESIDE = {
    COLLECTOR: "public.ecr.aws/aws-observability/aws-otel-collector:v0.48.0",
    ENVOY: "docker.io/envoyproxy/envoy:v1.40.0",
    AGENT: "public.ecr.aws/docker/library/python:3.13-slim-trixie",
}
"""What runs beside workloads, as others publish it, for x86_64 and arm64; by digest once `make images` has it."""


def image_names(workloads: Mapping[str, Iterable[str]], borrowers: Collection[str] = ()) -> list[str]:
    """Every image that a platform may run: of its workloads, of their side-cars, and what tapgen brings.

    The *borrowers* among them run the images of others.
    """
    own = (name for name in workloads if name not in borrowers)
    beside = (sidecar_image(name, sidecar) for name, sidecars in workloads.items() for sidecar in sidecars)
    return [*own, *beside, PLACEHOLDER, *BESIDE]


def sidecar_image(workload: str, sidecar: str) -> str:
    """What the image of a side-car is called."""
    return f"{workload}.{sidecar}"


@dataclass(frozen=True)
class EcrRepository:
    """A repository of ECR, ours or another."""

    account: str
    region: str
    name: str


_ECR = re.compile(r"(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[a-z0-9.-]+/([^:@]+)[:@].+")


def ecr_repository(reference: str) -> EcrRepository | None:
    """The repository that an image is in, where that is one of ECR; those of ECR Public are not.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
    """
    found = _ECR.fullmatch(reference)
    return EcrRepository(*found.groups()) if found else None
