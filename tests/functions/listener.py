"""A test listener: a server at each address of a load balancer, with TLS or without, and what it was asked."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "shop.example.com"


@dataclass(frozen=True)
class Asked:
    """One request."""

    address: str
    name: str | None
    """What the client of TLS called the server: SNI."""

    host: str
    path: str


@dataclass(frozen=True)
class Answer:
    """What a version answers."""

    status: int = 200
    wait: float = 0
    """Seconds before it says anything."""

    body: Sequence[tuple[float, bytes]] = ()
    """What it goes on to say, each after some seconds."""

    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    """What it says instead of HTTP."""


class Handler(BaseHTTPRequestHandler):
    """Asks the listener what to answer."""

    listener: Listener

    def do_GET(self) -> None:
        address, name = self.connection.getsockname()[0], getattr(self.connection, "name", None)
        asked = Asked(address, name, self.headers["Host"], self.path)
        self.listener.asked.append(asked)
        answer = self.listener.answer(asked)
        self.listener.ended.wait(answer.wait)
        if answer.raw:
            self.wfile.write(answer.raw)
            return
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for wait, chunk in answer.body:
                self.listener.ended.wait(wait)
                self.wfile.write(chunk)
        except OSError:
            self.close_connection = True  # whoever asked does not wait any longer

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Quiet(ThreadingHTTPServer):
    """A server that does not tell whom it could not understand."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


@dataclass
class Listener:
    """Servers at some addresses, all at one port."""

    answer: Callable[[Asked], Answer]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at(self, *addresses: str, certificate: Path | None = None) -> Iterator[Listener]:
        """Listen; where no port is said, at a free one."""
        with ExitStack() as stack:
            for address in addresses:
                server = stack.enter_context(Quiet((address, self.port), type("H", (Handler,), {"listener": self})))
                self.port = server.server_port
                if certificate:
                    server.socket = _tls(certificate).wrap_socket(server.socket, server_side=True)
                thread = threading.Thread(target=server.serve_forever, args=[0.02])
                thread.start()
                stack.callback(thread.join)
                stack.callback(server.shutdown)
            stack.callback(self.ended.set)
            yield self


def _tls(certificate: Path) -> ssl.SSLContext:
    def note(connection: Any, name: str | None, _: ssl.SSLContext) -> None:
        connection.name = name

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = note
    return context


def certificate(folder: Path) -> Path:
    """A certificate that nobody trusts, and that has expired, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "of nobody")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now - datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, *form)
    path = folder / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
