"""Asking a platform from outside: real servers, real TLS."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tapgen.config.environment import Environment
from tapgen.config.read import understand
from tapgen.config.yaml.source import compose
from tapgen.deploy.smoke import Check, Door, smoke

HOST = "shop.example.com"
PLATFORM = """
name: shop
services:
  web: {port: 8080, path: /web}
  api: {port: 8081, path: /api, smoke: {path: /api/ping, status: 204}}
  job: {}
environments:
  dev: {account: "111111111111", region: eu-west-1, ingress: {domain: shop.example.com, hosted_zone: Z1}}
"""


@pytest.fixture(scope="module")
def environment() -> Environment:
    return understand(compose(PLATFORM.encode(), "tapgen.yaml"), compose(b"", "none")).environments["dev"]


class Balancer(BaseHTTPRequestHandler):
    """Answers as a load balancer would."""

    answers: dict[str, tuple[int, dict[str, str]]]

    def do_GET(self) -> None:
        status, headers = self.answers.get(self.path, (404, {}))
        self.send_response(status if self.headers["Host"] == HOST else 421)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


Answers = dict[str, tuple[int, dict[str, str]]]

GOOD: Answers = {"/web": (200, {}), "/api/ping": (204, {})}
REDIRECT: Answers = {"/": (301, {"Location": f"https://{HOST}:443/"})}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the host, and its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def serve() -> Iterator[Any]:
    """Servers on loopback, ended with the test."""
    servers = []

    def start(answers: Answers, certificate: Path | None = None) -> tuple[str, int]:
        handler = type("Answering", (Balancer,), {"answers": answers})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return "127.0.0.1", server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def asked(environment: Environment, door: Door) -> dict[str, Check]:
    return {check.asked: check for check in smoke(environment, door, patience=0)}


def bad(checks: dict[str, Check]) -> list[str]:
    return [name for name, check in checks.items() if not check.good]


def test_every_path_the_redirect_and_tls_are_asked(environment: Environment, serve: Any, certificate: Path) -> None:
    connect = {"http": serve(REDIRECT), "https": serve(GOOD, certificate)}
    checks = asked(environment, Door(f"https://{HOST}/", connect, certificate))
    assert bad(checks) == []
    assert list(checks) == [
        f"GET http://{HOST}/",
        f"TLS of {HOST}",
        f"GET https://{HOST}/web",
        f"GET https://{HOST}/api/ping",
        f"GET https://{HOST}/no-service-answers-this",
    ]
    assert checks[f"TLS of {HOST}"].found.startswith("TLSv1.3 ")


def test_over_http_there_is_neither(environment: Environment, serve: Any) -> None:
    checks = asked(environment, Door(f"http://{HOST}/", {"http": serve(GOOD)}))
    assert bad(checks) == []
    assert not any("TLS" in name for name in checks)


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        (GOOD | {"/web": (503, {})}, f"GET http://{HOST}/web"),
        (GOOD | {"/api/ping": (200, {})}, f"GET http://{HOST}/api/ping"),
        (GOOD | {"/no-service-answers-this": (200, {})}, f"GET http://{HOST}/no-service-answers-this"),
    ],
)
def test_another_status_is_bad(environment: Environment, serve: Any, answers: Answers, wrong: str) -> None:
    checks = asked(environment, Door(f"http://{HOST}/", {"http": serve(answers)}))
    assert bad(checks) == [wrong]
    assert ", wanted " in checks[wrong].found


@pytest.mark.parametrize(
    "answers",
    [
        {"/": (200, {})},
        {"/": (302, {"Location": f"https://{HOST}/"})},
        {"/": (301, {"Location": f"http://{HOST}/else"})},
        {"/": (301, {"Location": "https://elsewhere.example.com/"})},
        {"/": (301, {})},
    ],
)
def test_what_is_no_redirect_to_https_is_bad(
    environment: Environment, serve: Any, certificate: Path, answers: Answers
) -> None:
    connect = {"http": serve(answers), "https": serve(GOOD, certificate)}
    assert bad(asked(environment, Door(f"https://{HOST}/", connect, certificate))) == [f"GET http://{HOST}/"]


def test_a_certificate_of_nobody_that_is_trusted_is_bad(
    environment: Environment, serve: Any, certificate: Path
) -> None:
    connect = {"http": serve(REDIRECT), "https": serve(GOOD, certificate)}
    checks = asked(environment, Door(f"https://{HOST}/", connect))
    assert len(bad(checks)) == 4
    assert "self-signed certificate" in checks[f"TLS of {HOST}"].found


def test_a_certificate_for_another_host_is_bad_but_where_none_is_configured(
    environment: Environment, serve: Any, certificate: Path
) -> None:
    connect = {"http": serve({}), "https": serve(GOOD, certificate)}
    other = "https://other.example.com/"
    checks = asked(environment, Door(other, connect, certificate))
    assert "Hostname mismatch" in checks["TLS of other.example.com"].found
    checks = asked(environment, Door(other, connect, certificate, named=False))
    assert checks["TLS of other.example.com"].good
    assert "not checked" in checks["TLS of other.example.com"].found


def test_nobody_there_is_bad(environment: Environment, serve: Any) -> None:
    host, port = serve({})
    door = Door(f"http://{HOST}/", {"http": (host, 1)})
    assert asked(environment, door)[f"GET http://{HOST}/web"].found == "Connection refused"
    door = Door(f"https://{HOST}/", {"http": (host, port), "https": (host, port)})
    assert "WRONG_VERSION_NUMBER" in asked(environment, door)[f"TLS of {HOST}"].found.upper().replace(" ", "_")


def test_what_is_not_there_yet_is_asked_again(environment: Environment, serve: Any) -> None:
    answers = GOOD | {"/web": (503, {})}
    threading.Timer(0.5, lambda: answers.update({"/web": (200, {})})).start()
    checks = smoke(environment, Door(f"http://{HOST}/", {"http": serve(answers)}), patience=10)
    assert all(check.good for check in checks)


def test_a_service_with_hosts_is_asked_at_the_first_of_them_for_each_path(serve: Any) -> None:
    said = """
name: shop
services:
  web: {port: 80, host: ["*.example.com", example.org], path: [/, /a]}
  api: {port: 81, host: shop.example.com}
environments: {dev: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}}}
"""
    environment = understand(compose(said.encode(), "tapgen.yaml"), compose(b"", "none")).environments["dev"]
    checks = asked(environment, Door("http://lb.example.net/", {"http": serve({"/": (200, {})})}))
    assert {name: check.found for name, check in checks.items()} == {
        "GET http://www.example.com/": "421, wanted 200",
        "GET http://www.example.com/a": "421, wanted 200",
        f"GET http://{HOST}/": "200, wanted 200",
        "GET http://lb.example.net/no-service-answers-this": "421, wanted 404",
    }
