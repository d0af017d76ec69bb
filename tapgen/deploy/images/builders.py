"""Whatever builds images here: Docker, Podman, Buildah or Finch."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar
from urllib.parse import urlsplit

from tapgen.deploy.guard import RefusedError
from tapgen.deploy.images.sources import Source, Version
from tapgen.deploy.registries.credentials import OwnRegistry
from tapgen.errors import TapgenError

KNOWN = ("docker", "podman", "buildah", "finch")
"""In the order in which they are looked for."""


class BuildError(TapgenError):
    """The image could not be built or pushed; the builder has said why."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True)
class Builder:
    """A program that builds and pushes images."""

    program: str

    @property
    def kind(self) -> str:
        """Which of those that are known it is, or behaves like: Docker, where it is none of them."""
        name = PurePath(self.program).name
        return name if name in KNOWN else "docker"

    def log_in(self, registry: OwnRegistry) -> None:
        """Log in, with the password on standard input, where no list of processes shows it.

        Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html

        Raises:
            BuildError: it does not succeed.
        """
        words = ["login", *self._plain(registry), "--username", registry.login.user, "--password-stdin", registry.host]
        done = subprocess.run(  # noqa: S603  # the program is the user's choice
            [self.program, *words], input=registry.login.password.encode(), capture_output=True, check=False
        )
        said = done.stderr.decode(errors="replace").strip()
        # A credential helper for ECR needs no login, and keeps none.
        if done.returncode and "not implemented" not in said:
            raise BuildError(f"error: {self.program} login {registry.host} does not succeed: {said}")

    def build(self, source: Source, version: Version, image: str) -> None:
        """Build an image, and call it *image*.

        Raises:
            BuildError: it does not succeed.
        """
        self._run(
            [
                *self._build(),
                *("--platform", source.platform),
                *(["--file", str(source.dockerfile)] if source.dockerfile else []),
                *(["--target", source.build.target] if source.build.target else []),
                *(word for name, value in source.build.args.items() for word in ("--build-arg", f"{name}={value}")),
                *(("--label", f"org.opencontainers.image.revision={version.commit}") if version.commit else ()),
                *("--tag", image, str(source.context)),
            ],
            f"{source.name} could not be built",
        )

    def push(self, registry: OwnRegistry, image: str) -> None:
        """Push an image that was built.

        Raises:
            BuildError: it does not succeed.
        """
        self._run(["push", *self._plain(registry), image], f"{image} could not be pushed")

    def _build(self) -> Sequence[str]:
        """With Docker, an image that `push` finds, and alone: ECR does not scan what comes with an attestation."""
        if self.kind == "docker" and _succeeds([self.program, "buildx", "version"]):
            return ("buildx", "build", "--load", "--provenance=false")
        return ("build",)

    def _plain(self, registry: OwnRegistry) -> Sequence[str]:
        """Lets a builder talk to a local AWS, which has no TLS; Docker does so with any address of loopback."""
        if urlsplit(registry.url).scheme == "https" or self.kind == "docker":
            return ()
        return ("--insecure-registry",) if self.kind == "finch" else ("--tls-verify=false",)

    def _run(self, words: Sequence[str], failure: str) -> None:
        """Its output is the user's to see; it goes to standard error, where progress goes."""
        done = subprocess.run([self.program, *words], stdin=subprocess.DEVNULL, stdout=2, check=False)  # noqa: S603
        if done.returncode:
            raise BuildError(f"error: {failure}: {self.program} ended with {done.returncode}")


def find(wanted: str = "") -> Builder:
    """The builder that is *wanted*, by name or path; else the first that is there, and works.

    Raises:
        RefusedError: there is none.
    """
    if wanted:
        if found := shutil.which(os.path.expanduser(wanted)):  # noqa: PTH111 (a name of a program, or a path)
            return Builder(found)
        raise RefusedError(f"there is no builder {wanted}", f"BUILDER= may be {', '.join(KNOWN)}, or a path")
    there = [found for name in KNOWN if (found := shutil.which(name))]
    for program in there:
        # A client of Docker may be there without its daemon, and Finch without its machine.
        if _succeeds([program, "info"]):
            return Builder(program)
    broken = f"; {' and '.join(there)} cannot be used: see what `info` says" if there else ""
    raise RefusedError(f"nothing here builds images{broken}", f"install one of {', '.join(KNOWN)}, or say BUILDER=…")


def _succeeds(command: Sequence[str]) -> bool:
    try:
        return not subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode  # noqa: S603
    except OSError:
        return False
