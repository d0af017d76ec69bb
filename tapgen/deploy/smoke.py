"""Asking a deployed platform from outside: every public path, the redirect to HTTPS, and TLS."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tapgen.config.environment import Environment
from tapgen.config.listener import matches, rules
from tapgen.config.match import Match

TIMEOUT = 10.0
"""Seconds that an answer may take."""

OLDEST = "TLSv1.2"


@dataclass(frozen=True)
class Check:
    """One thing that was asked."""

    asked: str
    found: str
    good: bool


@dataclass(frozen=True)
class Door:
    """How the load balancer is reached."""

    url: str
    """As the root stack tells it: `https://shop.example.com/`."""

    connect: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Where to connect to instead of the host of the URL, by scheme, as for a load balancer of a local AWS."""

    authorities: Path | None = None
    """The certificates to trust instead of the system's."""

    named: bool = True
    """Whether the certificate must be for the host of the URL: not, where no domain is configured for it."""

    @property
    def host(self) -> str:
        """The host of the URL."""
        return urlsplit(self.url).hostname or ""

    def to(self, scheme: str) -> tuple[str, int]:
        """Where a connection leads."""
        return self.connect.get(scheme, (self.host, 443 if scheme == "https" else 80))

    def context(self, host: str) -> ssl.SSLContext:
        """How TLS is spoken to *host*."""
        context = ssl.create_default_context(cafile=str(self.authorities) if self.authorities else None)
        context.check_hostname = self.named or host != self.host
        return context


def smoke(environment: Environment, door: Door, patience: float) -> list[Check]:
    """Ask for every public path, and for what must be so beside that.

    What is not as it must be is asked again for *patience* seconds: the name of a new load balancer takes a minute to
    be known, and so does the first task.
    """
    questions = list(_questions(environment, door))
    checks = [question() for question in questions]
    end = time.monotonic() + patience
    while not all(check.good for check in checks) and time.monotonic() < end:
        time.sleep(min(2.0, patience))
        checks = [check if check.good else ask() for check, ask in zip(checks, questions, strict=True)]
    return checks


def _questions(environment: Environment, door: Door) -> Iterator[Callable[[], Check]]:
    scheme, host = urlsplit(door.url).scheme, door.host
    if scheme == "https":
        yield partial(_redirect, door, host)
        yield partial(_tls, door, host)
    for service in environment.public.values():
        for match in matches(service)[: 1 if service.smoke.path else None]:
            path = service.smoke.path or match.path
            yield partial(_path, door, scheme, _host(match, host), path, service.answers)
    nobody = Match("/no-service-answers-this", (host,))
    if not any(rule.match.hides(nobody) for rule in rules(environment)):
        yield partial(_path, door, scheme, host, nobody.path, (404,))


def _host(match: Match, default: str) -> str:
    """A host for which a rule is: of `*.example.com`, one that is likely in the certificate too."""
    return match.hosts[0].replace("*", "www") if match.hosts else default


def _path(door: Door, scheme: str, host: str, path: str, wanted: Sequence[int]) -> Check:
    asked = f"GET {scheme}://{host}{path}"
    try:
        answer = _ask(door, scheme, host, path)
    except OSError as error:
        return Check(asked, _said(error), good=False)
    except http.client.HTTPException as error:
        return Check(asked, f"no HTTP: {error!r}", good=False)
    return Check(asked, f"{answer.status}, wanted {' or '.join(map(str, wanted))}", answer.status in wanted)


def _redirect(door: Door, host: str) -> Check:
    asked = f"GET http://{host}/"
    try:
        answer = _ask(door, "http", host, "/")
    except (OSError, http.client.HTTPException) as error:
        return Check(asked, _said(error), good=False)
    to = urlsplit(answer.getheader("Location", ""))
    good = answer.status in (301, 308) and to.scheme == "https" and to.hostname == host
    return Check(asked, f"{answer.status} to {to.scheme}://{to.hostname}, wanted 301 to https://{host}", good)


def _tls(door: Door, host: str) -> Check:
    asked = f"TLS of {host}"
    try:
        with (
            socket.create_connection(door.to("https"), TIMEOUT) as plain,
            door.context(host).wrap_socket(plain, server_hostname=host) as secure,
        ):
            version, cipher = secure.version() or "", (secure.cipher() or ("?",))[0]
    except OSError as error:
        return Check(asked, _said(error), good=False)
    checked = "certificate is valid for it" if door.named else "no domain is configured, so its name is not checked"
    return Check(asked, f"{version} {cipher}; {checked}", version >= OLDEST)


def _ask(door: Door, scheme: str, host: str, path: str) -> http.client.HTTPResponse:
    """Ask without following redirects; the host that is asked for stays so wherever the connection leads."""
    to, port = door.to(scheme)
    if scheme == "https":
        connection: http.client.HTTPConnection = _Secure(host, to, port, door.context(host))
    else:
        connection = http.client.HTTPConnection(to, port, timeout=TIMEOUT)
    try:
        connection.request("GET", path, headers={"Host": host, "User-Agent": "tapgen-smoke", "Connection": "close"})
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    return answer


class _Secure(http.client.HTTPSConnection):
    """A connection to somewhere, whose certificate must be that of somewhere else."""

    def __init__(self, host: str, to: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=TIMEOUT, context=context)
        self._to = to
        self._tls = context

    def connect(self) -> None:
        """Connect to the address that was given, and speak TLS with the host that is meant."""
        plain = socket.create_connection((self._to, self.port), TIMEOUT)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def _said(error: Exception) -> str:
    return str(getattr(error, "verify_message", "") or getattr(error, "strerror", "") or error)
