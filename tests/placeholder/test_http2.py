"""The placeholder of HTTP/2 and gRPC services: its very command is started, and asked by a client of HTTP/2."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from tapgen import placeholder
from tests.placeholder.http2_client import LIMIT, call


@pytest.fixture(params=["grpc", "http2"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def port(protocol: str) -> Iterator[int]:
    """Where the placeholder of a protocol listens; it ends when it is told to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        free: int = listener.getsockname()[1]
    told = {"SERVICE_NAME": "cart", "ENVIRONMENT": "dev", "PROTOCOL": protocol, "PORT": str(free)}
    command = [sys.executable, *placeholder.command(protocol)[1:]]
    process = subprocess.Popen(command, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert json.loads(process.stdout.readline())["ports"] == [free]
        yield free
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=LIMIT)
        assert (process.returncode, errors) == (0, "")
    finally:
        process.kill()


@pytest.mark.parametrize("body", [b"", b"\0\0\0\0\0", b"x" * 16000])
def test_every_call_is_answered_as_the_protocol_has_it(protocol: str, port: int, body: bytes) -> None:
    head, data, trailers = call(("127.0.0.1", port), body)
    if protocol == "grpc":
        assert head == {":status": "200", "content-type": "application/grpc"}
        assert data == b"\0" + (2).to_bytes(4, "big") + b"\x08\x01", "one message: status SERVING"
        assert trailers == {"grpc-status": "0"}
    else:
        assert head == {":status": "200", "content-type": "application/json"}
        assert (json.loads(data), trailers) == ({"service": "cart", "environment": "dev"}, {})


@pytest.mark.parametrize(("method", "body"), [("GET", {"service": "cart", "environment": "dev"}), ("HEAD", None)])
def test_it_answers_http_1_too_so_that_its_own_check_can_ask(port: int, method: str, body: object) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)) as client:
        client.request(method, "/health")
        answer = client.getresponse()
        assert (answer.status, json.loads(answer.read() or b"null")) == (200, body)
    command = placeholder.health_command(port, "/health")
    assert subprocess.run([sys.executable, *command[2:]], check=False, timeout=LIMIT).returncode == 0


def test_what_is_neither_is_hung_up_on(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as client:
        client.sendall(b"PRI * HTTP/2.0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert len(client.recv(100)) in {0, 9}
