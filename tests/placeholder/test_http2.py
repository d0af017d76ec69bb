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

import h2.config
import h2.connection
import h2.events
import pytest

from tapgen import placeholder

LIMIT = 20
"""Seconds after which something hangs."""


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


Headers = dict[str, str]


def call(port: int, body: bytes) -> tuple[Headers, bytes, Headers]:
    """Headers, body and trailers of one answer."""
    client = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    path = "/grpc.health.v1.Health/Check"
    asked = [(":method", "POST"), (":scheme", "http"), (":authority", "cart"), (":path", path), ("te", "trailers")]
    head: Headers = {}
    trailers: Headers = {}
    data = b""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as connection:
        client.initiate_connection()
        client.ping(b"12345678")
        client.send_headers(1, asked, end_stream=not body)
        if body:
            client.send_data(1, body, end_stream=True)
        connection.sendall(client.data_to_send())
        while True:
            for event in client.receive_data(connection.recv(65536)):
                match event:
                    case h2.events.ResponseReceived():
                        head = {str(name): str(value) for name, value in event.headers}
                    case h2.events.DataReceived():
                        data += event.data
                    case h2.events.TrailersReceived():
                        trailers = {str(name): str(value) for name, value in event.headers}
                    case h2.events.StreamEnded():
                        return head, data, trailers
            connection.sendall(client.data_to_send())


@pytest.mark.parametrize("body", [b"", b"\0\0\0\0\0", b"x" * 16000])
def test_every_call_is_answered_as_the_protocol_has_it(protocol: str, port: int, body: bytes) -> None:
    head, data, trailers = call(port, body)
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
