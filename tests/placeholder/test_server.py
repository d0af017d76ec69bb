"""The placeholder does what it says: its very command is started and called."""

from __future__ import annotations

import ast
import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tapgen import placeholder

LIMIT = 20
"""Seconds after which something hangs."""


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int
    first_line: dict[str, Any]

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        with contextlib.closing(connection):
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT)

    def stop(self) -> list[dict[str, Any]]:
        """The log after the first line."""
        self.process.send_signal(signal.SIGTERM)
        log, _ = self.process.communicate(timeout=LIMIT)
        assert self.process.returncode == 0
        return [json.loads(line) for line in log.splitlines()]


Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []

    def begin(**variables: str) -> Server:
        process = subprocess.Popen(
            [sys.executable, *placeholder.command()[1:]],
            env={"SERVICE_NAME": "payment", "ENVIRONMENT": "dev", "HEALTH_PATH": "/health", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=tmp_path,
        )
        processes.append(process)
        assert process.stdout
        return Server(process, int(variables.get("PORT", 0)), json.loads(process.stdout.readline()))

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def payment(start: Start) -> Server:
    return start(PORT=str(free_port()), PATH_PREFIXES="/payment")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_it_answers_health(payment: Server) -> None:
    assert payment.ask("GET", "/health") == (200, b'{"status": "ok"}')


@pytest.mark.parametrize("path", ["/payment", "/payment/", "/payment/7/refunds", "/payment?x=/order"])
def test_it_answers_its_own_path(payment: Server, path: str) -> None:
    status, body = payment.ask("GET", path)
    assert status == 200
    assert json.loads(body) == {"service": "payment", "environment": "dev", "path": path.partition("?")[0]}


@pytest.mark.parametrize("path", ["/", "/order", "/payments", "/x/payment", "/health/x"])
def test_any_other_path_is_not_found(payment: Server, path: str) -> None:
    status, body = payment.ask("GET", path)
    assert (status, json.loads(body)["path"]) == (404, path)


@pytest.mark.parametrize("prefix", [{}, {"PATH_PREFIXES": "/"}])
def test_every_path_is_its_own_where_the_prefix_is_stripped(start: Start, prefix: dict[str, str]) -> None:
    server = start(PORT=str(free_port()), **prefix)
    assert [server.ask("GET", path)[0] for path in ("/", "/7", "/a/b?c=d", "/health")] == [200] * 4


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_it_takes_other_methods_and_their_bodies(payment: Server, method: str) -> None:
    assert payment.ask(method, "/payment", b"x" * 900_000)[0] == 200


def test_head_has_no_body(payment: Server) -> None:
    assert payment.ask("HEAD", "/health") == (200, b"")
    with payment.connect() as client:
        client.sendall(b"HEAD /payment HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("length", [b"many", b"-1", b"9" * 6000])
def test_a_false_length_does_not_stop_it(payment: Server, length: bytes) -> None:
    with payment.connect() as client:
        client.sendall(b"POST /payment HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert payment.ask("GET", "/health")[0] == 200


def test_every_request_is_one_line_of_json(payment: Server) -> None:
    payment.ask("GET", "/health")
    payment.ask("POST", "/payment/7?card=1", b"{}")
    payment.ask("GET", "/order")
    lines = payment.stop()
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", "/health", 200),
        ("POST", "/payment/7?card=1", 200),
        ("GET", "/order", 404),
    ]
    for line in lines:
        assert set(line) == {"service", "environment", "method", "path", "status", "milliseconds"}
        assert line["service"] == "payment"
        assert 0 <= line["milliseconds"] < 1000 * LIMIT


@pytest.mark.parametrize(
    "target",
    [
        b'/payment/"},{"status":500,"x":"\\',
        b"/payment/%0a%0d\x1b[31m\x00",
        b'/payment/\x85\xe2\x80\xa8\x0b\x0c\r{"service":"order"}',
        b"/" + b"x" * 30_000,
        b"/" + b"x" * 70_000,
    ],
    ids=["quotes", "escapes", "line separators", "long", "too long"],
)
def test_a_hostile_path_cannot_forge_a_line(payment: Server, target: bytes) -> None:
    with payment.connect() as client, contextlib.suppress(ConnectionError):
        client.sendall(b"GET " + target + b" HTTP/1.1\r\n\r\n")
        client.recv(4096)
    payment.ask("GET", "/health")
    first, second = payment.stop()
    assert (first["service"], second["path"]) == ("payment", "/health")
    assert len(first["path"] or "") <= 500


def test_it_answers_many_at_once(payment: Server) -> None:
    with payment.connect() as slow:
        slow.sendall(b"POST /payment HTTP/1.1\r\nContent-Length: 2\r\n\r\n")
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda number: payment.ask("GET", f"/payment/{number}")[0], range(100)))
        slow.sendall(b"{}")
        assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert answers == [200] * 100
    assert {line["path"] for line in payment.stop()} == {"/payment", *(f"/payment/{number}" for number in range(100))}


def test_requests_under_way_end_before_it_does(payment: Server) -> None:
    with payment.connect() as client:
        client.sendall(b"POST /payment HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 100 ")
        payment.process.send_signal(signal.SIGTERM)
        wait_until_closed(payment)
        assert payment.process.poll() is None
        client.sendall(b"{}")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert payment.process.wait(LIMIT) == 0


def wait_until_closed(server: Server) -> None:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        with contextlib.suppress(TimeoutError), socket.socket() as client:
            if client.connect_ex(("127.0.0.1", server.port)):
                return
        time.sleep(0.02)
    raise AssertionError("it still accepts connections")


def test_a_silent_client_cannot_keep_it_running(payment: Server) -> None:
    with payment.connect():
        payment.ask("GET", "/health")
        assert [line["path"] for line in payment.stop()] == ["/health"]


def test_without_a_port_it_only_waits_for_its_end(start: Start) -> None:
    worker = start()
    assert worker.first_line == {"service": "payment", "environment": "dev", "message": "running", "ports": []}
    assert worker.process.poll() is None
    assert worker.stop() == []


def test_it_serves_more_ports(start: Start) -> None:
    first, second = free_port(), free_port()
    server = start(PORT=str(first), PORTS=f"{second}")
    assert server.first_line["ports"] == [first, second]
    server.port = second
    assert server.ask("GET", "/health")[0] == 200
    server.stop()


def check(port: int, path: str) -> int:
    command = placeholder.health_command(port, path)
    assert command[:3] == ["CMD", "python3", "-c"]
    return subprocess.run(
        [sys.executable, *command[2:]], check=False, stderr=subprocess.DEVNULL, timeout=LIMIT
    ).returncode


def test_the_health_command_tells_well_from_ill(payment: Server) -> None:
    assert check(payment.port, "/health") == 0
    assert check(payment.port, "/no/health") != 0
    payment.stop()
    assert check(payment.port, "/health") != 0


def test_it_writes_no_file(payment: Server, tmp_path: Path) -> None:
    payment.ask("GET", "/health")
    payment.stop()
    assert list(tmp_path.iterdir()) == []


def test_it_can_stand_in_a_template() -> None:
    executable, flag, source = placeholder.command()
    assert (executable, flag) == ("python3", "-c")
    assert "${" not in source + placeholder.health_command(8080, "/health")[3]
    assert "{{resolve:" not in source
    assert source.isascii()
    assert not re.search(r"\t|\r|[ ]$", source, re.MULTILINE), "YAML could not show it as a block"
    assert len([line for line in source.splitlines() if line]) <= 45


def test_it_needs_nothing_but_python_3_11() -> None:
    tree = ast.parse(placeholder.command()[2], feature_version=(3, 11))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules
    assert {module.partition(".")[0] for module in modules} <= sys.stdlib_module_names


def test_the_image_can_never_be_another() -> None:
    assert re.fullmatch(r"public\.ecr\.aws/docker/library/python:[\w.-]+@sha256:[0-9a-f]{64}", placeholder.IMAGE)
