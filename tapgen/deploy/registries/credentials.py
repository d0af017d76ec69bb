"""Who we are to a registry: the caller of AWS to ECR, and to any other whoever has logged in with Docker or Podman."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapgen.deploy.aws import Aws
from tapgen.deploy.registries.reference import DOCKER_HUB

_HUB_NAMES = ("https://index.docker.io/v1/", "docker.io", "index.docker.io", DOCKER_HUB)
"""What Docker and Podman call Docker Hub in their files."""


@dataclass(frozen=True)
class Login:
    """A user name and a password; the latter is never shown."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class OwnRegistry:
    """The registry of an account and Region, with a login that holds for twelve hours."""

    url: str
    login: Login

    @property
    def host(self) -> str:
        """How the names of images begin."""
        return self.url.partition("://")[2]


def own_registry(aws: Aws) -> OwnRegistry:
    """The registry that a caller of AWS may use.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html

    Raises:
        AwsError: AWS could not be asked.
    """
    (found,) = aws("ecr", "get-authorization-token")["authorizationData"]
    return OwnRegistry(found["proxyEndpoint"].rstrip("/"), _decoded(found["authorizationToken"]))


def login(host: str) -> Login | None:
    """The login for a registry that the files of Docker or Podman hold, or a credential helper that they name.

    Sources: https://docs.docker.com/reference/cli/docker/login/ ,
    https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
    """
    names = _HUB_NAMES if host == DOCKER_HUB else (host, f"https://{host}")
    for config in _configurations():
        for name in names:
            if helper := config.get("credHelpers", {}).get(name):
                return _helped(helper, name)
            if token := config.get("auths", {}).get(name, {}).get("auth"):
                return _decoded(token)
        if store := config.get("credsStore"):
            found = next((each for name in names if (each := _helped(store, name))), None)
            if found:
                return found
    return None


def _configurations() -> Iterator[dict[str, Any]]:
    docker = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    places = [
        os.environ.get("REGISTRY_AUTH_FILE"),
        runtime and Path(runtime) / "containers" / "auth.json",
        Path.home() / ".config" / "containers" / "auth.json",
        docker,
    ]
    for place in places:
        try:
            found = json.loads(Path(place).read_text(encoding="utf-8")) if place else None
        except (OSError, ValueError):
            continue
        if isinstance(found, dict):
            yield found


def _helped(helper: str, name: str) -> Login | None:
    """Source: https://github.com/docker/docker-credential-helpers"""
    program = shutil.which(f"docker-credential-{helper}")
    if not program:
        return None
    done = subprocess.run([program, "get"], input=name.encode(), capture_output=True, check=False)  # noqa: S603
    try:
        answer = json.loads(done.stdout) if not done.returncode else {}
    except ValueError:
        return None
    return Login(answer["Username"], answer["Secret"]) if {"Username", "Secret"} <= answer.keys() else None


def _decoded(token: str) -> Login:
    user, _, password = base64.b64decode(token).decode().partition(":")
    return Login(user, password)
