"""What an agent finds in a task: the endpoint of credentials, a signer that really signs, and Envoy's counters."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

LIMIT = 20
"""Seconds after which something hangs."""

TEXT = files("tapgen.mesh.mutual").joinpath("agent.py").read_text(encoding="utf-8")
INVOKE = "/2015-03-31/functions/shop-prod-payment-signer/invocations"
TOKEN = "a token of the task"
WHO = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "the secret", "Token": "the session"}


def until(found: Callable[[], Any], limit: float = LIMIT) -> Any:
    """What is found as soon as it is there."""
    end = time.monotonic() + limit
    while not (value := found()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return value


class Authority:
    """Signs like the signer of a service: with its own names, whatever the request has."""

    def __init__(self, identity: str = "spiffe://shop-prod/payment") -> None:
        self.identity = identity
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop-prod")])
        own = self._builder(self.name, self.key.public_key())
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.pem = self._signed(own)

    def certificate(self, request: str) -> str:
        """A certificate for the key of a request."""
        asked = x509.load_pem_x509_csr(request.encode())
        assert asked.is_signature_valid
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.identity.rpartition("/")[2])])
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(self.identity)])
        return self._signed(self._builder(subject, asked.public_key()).add_extension(names, critical=False))

    def _builder(self, subject: x509.Name, key: Any) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=7))
        )

    def _signed(self, builder: x509.CertificateBuilder) -> str:
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


Answer = tuple[int, Mapping[str, str], Any]


class Surroundings:
    """One server for all that the agent calls, and what it was sent."""

    def __init__(self) -> None:
        self.authority = Authority()
        self.counters: dict[str, int] | None = None
        self.failing: Answer | None = None
        self.calls: threading.Semaphore | None = None  # with one, it answers well only as often as `allow` says
        self.sent: list[bytes] = []
        self.invocations: list[Mapping[str, str]] = []
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                here.sent.append(f"{self.path}\n{self.headers}".encode())
                self._answer(*here.told(self.path.partition("?")[0], self.headers["Authorization"]))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                here.sent.append(f"{self.path}\n{self.headers}".encode() + body)
                here.invocations.append({name.lower(): value for name, value in self.headers.items()})
                if here.calls and not here.failing:
                    here.calls.acquire()
                with suppress(ConnectionError):
                    self._answer(*here.invoked(self.path, json.loads(body)))

            def _answer(self, status: int, headers: Mapping[str, str], value: Any) -> None:
                self.send_response(status)
                for name, text in headers.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(json.dumps(value).encode())

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.05])

    def __enter__(self) -> Surroundings:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.allow(100)
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def wait(self) -> Surroundings:
        """Have the signer answer no call, unless it is allowed or fails."""
        self.calls = threading.Semaphore(0)
        return self

    def allow(self, calls: int = 1) -> None:
        """Have it answer some."""
        if self.calls:
            self.calls.release(calls)

    def told(self, path: str, token: str | None) -> Answer:
        """The credentials of the task's role for whoever has the token, and what Envoy has counted."""
        if path == "/credentials":
            return (200, {}, WHO) if token == TOKEN else (403, {}, {"message": "no token"})
        if self.counters is None:
            return 503, {}, {}
        return 200, {}, {"stats": [{"name": name, "value": value} for name, value in self.counters.items()]}

    def invoked(self, path: str, event: dict[str, str]) -> Answer:
        """What the signer answers."""
        assert path == INVOKE
        if self.failing:
            return self.failing
        certificate = self.authority.certificate(event["request"])
        return 200, {}, {"certificate": certificate, "authority": self.authority.pem}


class Agent:
    """The program, as a container runs it."""

    def __init__(self, where: Path, surroundings: Surroundings, **more: str) -> None:
        assert shutil.which("openssl"), "the agent, and so its tests, need the command openssl"
        self.directory = where / "certificates"
        self.directory.mkdir(exist_ok=True)
        self._log = where / "log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", TEXT],
                env=environment(self.directory, surroundings.url) | more,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Agent:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """End it as ECS does; how long that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(LIMIT) == 0
        return time.monotonic() - began

    @property
    def current(self) -> str | None:
        """The name of the directory in use."""
        link = self.directory / "current"
        return str(link.readlink()) if link.is_symlink() else None

    def becomes(self, name: str) -> None:
        """Wait until that directory is in use."""
        until(lambda: self.current == name)

    @property
    def lines(self) -> list[str]:
        """Whole lines of the log that are for people."""
        return [line for line in self._whole() if not line.startswith("{")]

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """Lines of the log that are for CloudWatch."""
        return [json.loads(line) for line in self._whole() if line.startswith("{")]

    def _whole(self) -> list[str]:
        return self._log.read_text().rpartition("\n")[0].splitlines()


def environment(directory: Path, url: str) -> dict[str, str]:
    """What the template tells the agent, with Fargate's additions and intervals for the impatient."""
    return {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/credentials",
        "AWS_REGION": "eu-west-1",
        "DIRECTORY": str(directory),
        "ENVOY_ADMIN": url,
        "METRICS_NAMESPACE": "shop/prod",
        "PATH": os.environ["PATH"],
        "RENEW_AFTER": "3600",
        "REPORT_EVERY": "0.2",
        "SERVICE_NAME": "payment",
        "SIGNER_URL": f"{url}{INVOKE}",
        "STALE_AFTER": "7200",
    }
