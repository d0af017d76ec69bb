"""Logins for registries of others are those of Docker and Podman; passwords are never shown."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tapgen.deploy.registries.credentials import Login, login


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's, who has logged in nowhere."""
    for name in ("REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def auth(user: str = "me", password: str = "p:w") -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def write(path: Path, **config: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config))
    return path


def test_nobody_is_logged_in(home: Path) -> None:
    assert login("ghcr.io") is None
    (home / ".docker").mkdir()
    (home / ".docker/config.json").write_text("{")
    assert login("ghcr.io") is None


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("ghcr.io", "ghcr.io"),
        ("https://ghcr.io", "ghcr.io"),
        ("https://index.docker.io/v1/", "registry-1.docker.io"),
        ("docker.io", "registry-1.docker.io"),
    ],
)
def test_docker_has_logged_in(name: str, host: str, home: Path) -> None:
    write(home / ".docker/config.json", auths={name: auth()})
    assert login(host) == Login("me", "p:w")
    assert login("quay.io") is None


def test_podman_has_logged_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / ".docker/config.json", auths={"ghcr.io": auth("docker")})
    write(home / "run/containers/auth.json", auths={"ghcr.io": auth("podman")})
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    assert login("ghcr.io") == Login("podman", "p:w")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(write(home / "mine.json", auths={"ghcr.io": auth("mine")})))
    assert login("ghcr.io") == Login("mine", "p:w")


@pytest.mark.parametrize("config", [{"credHelpers": {"ghcr.io": "test"}}, {"credsStore": "test"}])
def test_a_helper_keeps_the_password(config: dict[str, object], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = home / "bin/docker-credential-test"
    helper.parent.mkdir()
    helper.write_text(
        '#!/bin/sh\nread name\n[ "$1 $name" = "get ghcr.io" ] || { echo not found; exit 1; }\n'
        'echo \'{"ServerURL": "ghcr.io", "Username": "me", "Secret": "kept"}\'\n'
    )
    helper.chmod(0o755)
    write(home / ".docker/config.json", **config)
    assert login("ghcr.io") is None
    monkeypatch.setenv("PATH", f"{helper.parent}:/usr/bin:/bin")
    assert login("ghcr.io") == Login("me", "kept")
    assert login("quay.io") is None


def test_a_password_is_never_shown() -> None:
    assert "secret" not in repr(Login("me", "secret"))
