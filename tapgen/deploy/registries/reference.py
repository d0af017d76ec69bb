"""What an image is called, taken apart: the registry, the repository in it, and the version."""

from __future__ import annotations

import re
from dataclasses import dataclass

DOCKER_HUB = "registry-1.docker.io"
"""Where `docker.io` is reached."""


@dataclass(frozen=True)
class Reference:
    """An image in some registry."""

    host: str
    """The registry, with its port if it has one."""

    repository: str
    tag: str
    """Empty where the image is named by digest alone."""

    digest: str
    """Empty where the image is named by tag alone."""

    @property
    def version(self) -> str:
        """What it is asked for by: the digest, which means one image for ever, or else the tag."""
        return self.digest or self.tag


def parse(text: str) -> Reference:
    """Take a reference such as `ghcr.io/example/web:1.4` apart, as Docker does.

    Source: https://pkg.go.dev/github.com/distribution/reference
    """
    name, _, digest = text.partition("@")
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = "docker.io", name
    repository, _, tag = rest.partition(":")
    if first in ("docker.io", "index.docker.io"):
        first, repository = DOCKER_HUB, repository if "/" in repository else f"library/{repository}"
    return Reference(first, repository, tag, digest)


def mirror_tag(reference: Reference, digest: str) -> str:
    """What a copy is called here: the tag, which may move where it comes from, and the digest, which does not."""
    stem = re.sub(r"[^A-Za-z0-9_.-]", "-", reference.tag or "mirror")
    return f"{stem[:100]}-{digest.removeprefix('sha256:')[:12]}"
