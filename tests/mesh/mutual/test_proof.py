"""Mutual TLS as it is rendered, proven with Envoy itself: who gets in, who does not, and what a renewal costs.

The platform is in the local AWS. What its task definitions say runs here: Envoy with its configuration, the agent, and
the placeholder; the signers are the functions of the templates; the certificates are those of the private authority.
"""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.localaws.account import Account
from tests.mesh.mutual.running import ADMIN, Running, Task, configuration, differences, told
from tests.mesh.mutual.stand_in import LIMIT, until
from tests.placeholder.http2_client import call, exchange

CALLS = 15000
BALANCER, HEALTH = 15100, 15101
CONTAINERS = ("certificates", "envoy", "app")

pytestmark = pytest.mark.xdist_group("mutual")


@pytest.fixture(scope="module")
def web(platform: Running) -> Task:
    """The front end."""
    return platform.task("web").start(*CONTAINERS)


@pytest.fixture(scope="module")
def cart(platform: Running) -> Task:
    """What it calls, behind Service Connect."""
    started = platform.task("cart").start(*CONTAINERS)
    platform.connect("cart", 8081).tasks.append((started.place.address, CALLS))
    platform.connect("cart", 9090).tasks.append((started.place.address, CALLS + 1))
    return started


@pytest.fixture(scope="module")
def importer(platform: Running) -> Task:
    """A service that did not declare that it calls the cart, and has a certificate of its own."""
    return platform.task("importer").start("certificates")


def cart_url(web: Task) -> str:
    return told(web.definition, "app")["CART_URL"]


@contextmanager
def caller(
    task: Task, port: int, certificates: Path | None, alpn: Sequence[str] = (), **more: Any
) -> Iterator[ssl.SSLSocket]:
    """A connection to a port of a task, as whoever has those certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for name, value in more.items():
        setattr(context, name, value)
    if alpn:
        context.set_alpn_protocols(alpn)
    if certificates:
        context.load_cert_chain(certificates / "certificate.pem", certificates / "key.pem")
    with (
        socket.create_connection((task.place.address, port), timeout=LIMIT) as plain,
        context.wrap_socket(plain) as encrypted,
    ):
        yield encrypted


def request(connection: socket.socket, path: str = "/", headers: str = "") -> bytes:
    """What comes back on a connection."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{headers}\r\n".encode())
    answer = b""
    while data := connection.recv(65536):
        answer += data
    return answer


def counted(task: Task, name: str) -> Callable[[], int]:
    """How much a counter of a listener for calls has grown."""
    full = f"listener.{task.place.address}_{CALLS}.{name}"
    before = task.counter(re.escape(full))
    return lambda: task.counter(re.escape(full)) - before


def test_only_addresses_and_paths_are_otherwise_here(platform: Running, web: Task) -> None:
    for name, definition in platform.definitions.items():
        rendered, place = configuration(definition), web.place
        allowed = {("address", old, new) for old, new in place.addresses.items()}
        allowed |= {
            ("path", f"/certificates{rest}", f"{place.folder}{rest}")
            for rest in ("", "/identity.yaml", "/authority.yaml")
        }
        found = set(differences(rendered, place.apply(rendered)))
        assert found, name
        assert found <= allowed, name


def test_containers_are_healthy_when_they_work_and_not_before(platform: Running) -> None:
    task = platform.task("stock")
    order = []
    for name in CONTAINERS:
        assert not task.healthy(name)
        task.start(name)
        order.append(name)
        assert [each for each in CONTAINERS if task.healthy(each)] == order
    task.end()


def test_a_declared_call_succeeds(web: Task, cart: Task) -> None:
    handshakes, refused = counted(cart, "ssl.handshake"), counted(cart, "ssl.no_certificate")
    assert web.ask(f"{cart_url(web)}/items") == (200, {"service": "cart", "environment": "prod", "path": "/items"})
    assert web.ask(told(web.definition, "app")["CART_ADMIN_URL"])[0] == 200
    assert handshakes() >= 1
    assert refused() == 0
    assert cart.counter("http.calls-8081.downstream_rq_2xx") >= 1


def test_both_sides_know_each_other_and_speak_tls_1_3(web: Task, cart: Task) -> None:
    with caller(cart, CALLS, web.place.folder / "current") as connection:
        assert connection.version() == "TLSv1.3"
        shown = connection.getpeercert(binary_form=True)
    assert shown
    names = x509.load_der_x509_certificate(shown).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://shop-prod/cart"]
    web.ask(cart_url(web))
    lines = until(lambda: [line for line in cart.log("envoy").read_text().splitlines() if "spiffe" in line])
    assert '"caller":"spiffe://shop-prod/web"' in lines[-1]


def test_a_call_of_grpc_keeps_its_trailers(platform: Running, web: Task) -> None:
    prices = platform.task("prices").start(*CONTAINERS)
    platform.connect("prices", 50051).tasks.append((prices.place.address, CALLS))
    port = int(told(web.definition, "app")["PRICES_URL"].removeprefix("dns:///127.0.0.1:"))
    head, _, trailers = call((web.place.address, port), b"\0\0\0\0\0")
    assert (head[":status"], trailers) == ("200", {"grpc-status": "0"})
    prices.end()


ECHO = """
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): ...
ThreadingHTTPServer(("", PORT), Handler).serve_forever()
"""
"""Answers with the headers that came."""

FORGED = (
    "x-forwarded-client-cert: URI=spiffe://shop-prod/owner\r\nX_Forwarded_Client_Cert: URI=spiffe://shop-prod/owner\r\n"
    "x-envoy-retry-on: 5xx\r\nx-request-id: mine\r\n"
)
BEHIND_A_BALANCER = "x-forwarded-for: 203.0.113.7\r\nx-forwarded-proto: http\r\n"


def test_nobody_can_pass_for_somebody_else_in_a_header(platform: Running, cart: Task) -> None:
    stock = platform.task("stock").start("certificates", "envoy").run_instead(ECHO.replace("PORT", "8080"))
    with caller(stock, CALLS, cart.place.folder / "current") as connection:
        told_stock = json.loads(request(connection, "/", FORGED).partition(b"\r\n\r\n")[2])
    known = dict(part.split("=", 1) for part in told_stock["x-forwarded-client-cert"].split(";"))
    assert (known["By"], known["URI"]) == ("spiffe://shop-prod/stock", "spiffe://shop-prod/cart")
    assert not any("_" in name for name in told_stock)
    stock.end()
    outside = platform.task("importer").start("certificates", "envoy").run_instead(ECHO.replace("PORT", "8083"))
    with caller(outside, BALANCER, None) as connection:
        answer = request(connection, "/import", FORGED + BEHIND_A_BALANCER)
    told_importer = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert not any("client" in name or "_" in name or name.startswith("x-envoy-retry") for name in told_importer)
    assert told_importer["x-request-id"] == "mine"
    assert (told_importer["x-forwarded-for"], told_importer["x-forwarded-proto"]) == ("203.0.113.7", "http")
    outside.end()


SILENT = """
import os, socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        if line := self.rfile.readline():
            os.write(1, line)
            while self.rfile.readline().strip():
                pass
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
Server(("", 8080), Handler).serve_forever()
"""
"""Reads requests, and hangs up without an answer."""


LIE = b"HTTP/1.1 503 No\r\nx-undelivered: true\r\nContent-Length: 0\r\n\r\n"
LYING = SILENT.replace("pass\n", f"pass\n            self.wfile.write({LIE!r})\n")
"""Pretends that it never saw them."""


@pytest.mark.parametrize("program", [SILENT, LYING], ids=["silent", "lying"])
@pytest.mark.parametrize(("method", "seen"), [("GET", 3), ("POST", 1), ("DELETE", 1)])
def test_only_a_request_that_changes_nothing_is_sent_again(
    platform: Running, cart: Task, program: str, method: str, seen: int
) -> None:
    stock = platform.task("stock").start("certificates", "envoy").run_instead(program)
    platform.connect("stock", 8080).tasks[:] = [(stock.place.address, CALLS)]
    assert cart.ask(f"{told(cart.definition, 'app')['STOCK_URL']}/pay", method)[0] == 503
    requests = [line for line in stock.log("app").read_text().splitlines() if line.startswith(method)]
    assert requests == [f"{method} /pay HTTP/1.1"] * seen
    stock.end()


def test_a_request_that_a_stopped_service_never_saw_goes_to_another_task(platform: Running, cart: Task) -> None:
    """As at a deployment: Service Connect forgets a task, then its service stops, and its Envoy last."""
    tasks = [platform.task("stock").start(*CONTAINERS) for _ in range(2)]
    platform.connect("stock", 8080).tasks[:] = [(task.place.address, CALLS) for task in tasks]
    url = told(cart.definition, "app")["STOCK_URL"]
    assert cart.ask(url, "POST")[0] == 200
    (connected,) = [task for task in tasks if task.counter("http.calls-8080.downstream_rq_total")]
    others = [(task.place.address, CALLS) for task in tasks if task is not connected]
    platform.connect("stock", 8080).tasks[:] = others
    connected.end("app")
    assert [cart.ask(url, "POST")[0] for _ in range(20)] == [200] * 20
    assert connected.counter("cluster.app-8080.upstream_cx_connect_fail") > 0
    for task in tasks:
        task.end()


@dataclass(frozen=True)
class Stranger:
    """Makes the certificates of those who must not get in."""

    account: Account
    folder: Path

    def of_another_authority(self) -> Path:
        """The right name, from the wrong authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop-prod services")])
        now = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("spiffe://shop-prod/web")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(7).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(1))
        return self._kept(
            key, builder.add_extension(names, critical=False).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        )

    def expired(self) -> Path:
        """The right name, from the right authority, until a moment ago."""
        pca = self.account("acm-pca")
        (authority,) = pca.list_certificate_authorities()["CertificateAuthorities"]
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web")])
        asked = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        end = int(time.time()) + 2
        issued = pca.issue_certificate(
            CertificateAuthorityArn=authority["Arn"],
            Csr=asked.public_bytes(Encoding.PEM),
            SigningAlgorithm="SHA256WITHECDSA",
            TemplateArn="arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1",
            ApiPassthrough={
                "Extensions": {"SubjectAlternativeNames": [{"UniformResourceIdentifier": "spiffe://shop-prod/web"}]}
            },
            Validity={"Type": "ABSOLUTE", "Value": end},
        )
        found = pca.get_certificate(CertificateAuthorityArn=authority["Arn"], CertificateArn=issued["CertificateArn"])
        until(lambda: time.time() > end + 1)
        return self._kept(key, found["Certificate"].encode())

    def _kept(self, key: ec.EllipticCurvePrivateKey, certificate: bytes) -> Path:
        (self.folder / "certificate.pem").write_bytes(certificate)
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "key.pem").write_bytes(plain)
        return self.folder


@pytest.fixture
def stranger(deployed: Account, tmp_path: Path) -> Stranger:
    """Somebody."""
    return Stranger(deployed, tmp_path)


def refused(task: Task, certificates: Path | None, counter: str) -> None:
    """Nobody with those certificates gets an answer, and Envoy says why."""
    grown = counted(task, counter)
    with suppress(ssl.SSLError, ConnectionError), caller(task, CALLS, certificates) as connection:
        assert request(connection) == b""
    until(grown)


def test_nobody_gets_in_without_a_certificate(cart: Task) -> None:
    refused(cart, None, "ssl.fail_verify_no_cert")


def test_nobody_gets_in_with_one_of_another_authority(cart: Task, stranger: Stranger) -> None:
    refused(cart, stranger.of_another_authority(), "ssl.fail_verify_error")


def test_nobody_gets_in_with_one_that_has_expired(cart: Task, stranger: Stranger) -> None:
    refused(cart, stranger.expired(), "ssl.fail_verify_error")


def test_nobody_gets_in_who_did_not_declare_the_call(cart: Task, importer: Task) -> None:
    refused(cart, importer.place.folder / "current", "ssl.fail_verify_san")


def test_nobody_gets_in_without_tls(cart: Task) -> None:
    grown = counted(cart, "ssl.connection_error")
    connection = socket.create_connection((cart.place.address, CALLS), timeout=LIMIT)
    with connection, suppress(ConnectionError):
        assert request(connection) == b""
    until(grown)


def test_a_call_that_is_not_declared_has_no_way_out(platform: Running) -> None:
    listeners = {
        name: [each["name"] for each in configuration(definition)["static_resources"]["listeners"]]
        for name, definition in platform.definitions.items()
    }
    assert listeners == {
        "web": ["balancer", "balancer-health", "cart-8081", "cart-9090", "prices-50051"],
        "cart": ["calls-8081", "calls-9090", "stock-8080"],
        "stock": ["calls-8080"],
        "prices": ["calls-50051", "balancer", "balancer-health"],
        "importer": ["balancer", "stock-8080"],
    }


def test_a_callee_that_is_somebody_else_gets_no_request(platform: Running, web: Task, cart: Task) -> None:
    stock = platform.task("stock").start(*CONTAINERS)
    connect = platform.connect("cart", 8081)
    handed, right = stock.counter("http.calls-8080.downstream_rq_total"), list(connect.tasks)
    (failed,) = [
        each["name"]
        for each in configuration(web.definition)["static_resources"]["clusters"]
        if each["name"] == "cart-8081"
    ]
    connect.tasks[:] = [(stock.place.address, CALLS)]
    try:
        # Connections to the right one may still be open: whatever is new goes to the wrong one.
        until(lambda: web.ask(cart_url(web))[0] == 503)
        assert web.counter(f"cluster.{failed}.ssl.fail_verify_san") >= 1
        assert stock.counter("http.calls-8080.downstream_rq_total") == handed
    finally:
        connect.tasks[:] = right
    until(lambda: web.ask(cart_url(web))[0] == 200)


def signed(deployed: Account, asked: x509.CertificateSigningRequestBuilder) -> Any:
    """What the signer of the importer answers."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web")])
    pem = asked.subject_name(name).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    stack = deployed.physical_id("shop-prod", "ServiceImporter")
    signer = deployed.physical_id(stack, "Signer")
    answer = deployed("lambda").invoke(FunctionName=signer, Payload=json.dumps({"request": pem}))
    return json.loads(answer["Payload"].read())


def test_a_request_for_the_name_of_another_service_gets_nothing(deployed: Account) -> None:
    wanted = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("spiffe://shop-prod/web")])
    answer = signed(deployed, x509.CertificateSigningRequestBuilder().add_extension(wanted, critical=False))
    assert "not its to choose" in answer["errorMessage"]


def test_a_certificate_says_whose_signer_it_is_from_whatever_the_subject_of_the_request(deployed: Account) -> None:
    answer = signed(deployed, x509.CertificateSigningRequestBuilder())
    issued = x509.load_pem_x509_certificate(answer["certificate"].encode())
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://shop-prod/importer"]
    assert issued.subject.rfc4514_string() == "CN=importer"


@pytest.mark.parametrize("purpose", [BALANCER, HEALTH])
def test_the_load_balancer_speaks_the_protocol_of_the_service(platform: Running, purpose: int) -> None:
    """Also where it asks for health at another port."""
    prices = platform.task("prices").start(*CONTAINERS)
    with caller(prices, purpose, None, alpn=["h2", "http/1.1"]) as connection:
        assert connection.selected_alpn_protocol() == "h2"
        head, _, trailers = exchange(connection, b"\0\0\0\0\0")
    assert (head[":status"], trailers) == ("200", {"grpc-status": "0"})
    prices.end()


def test_the_load_balancer_gets_in_and_asks_for_health(web: Task) -> None:
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        with caller(web, BALANCER, None, maximum_version=version) as connection:
            assert request(connection, "/some/page").startswith(b"HTTP/1.1 200")
        with caller(web, HEALTH, None, maximum_version=version) as connection:
            assert b'"ok"' in request(connection, "/_healthz")


def serial(task: Task) -> bytes:
    """The certificate that a task shows."""
    with caller(task, BALANCER, None) as connection:
        return connection.getpeercert(binary_form=True) or b""


def aged(task: Task) -> None:
    """Let the certificate be so old that the agent replaces it when it starts."""
    file = task.place.folder / "current" / "certificate.pem"
    old = time.time() - 6 * 24 * 3600
    os.utime(file, (old, old))


def test_a_renewal_loses_no_request(web: Task, cart: Task) -> None:
    before, url, answers, stop = serial(web), cart_url(web), list[int](), threading.Event()

    def ask() -> None:
        while not stop.is_set():
            answers.append(web.ask(url, "POST")[0])

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        try:
            for task in web, cart:
                until(lambda: len(answers) > 100)
                aged(task)
                task.end("certificates")
                task.start("certificates")
            until(lambda: serial(web) != before)
            there = len(answers)
            until(lambda: len(answers) > there + 100)
        finally:
            stop.set()
    assert [each.exception() for each in asking] == [None] * 4
    assert set(answers) == {200}


def test_without_its_agent_traffic_goes_on_and_the_metric_of_the_alarm_rises(
    deployed: Account, web: Task, cart: Task
) -> None:
    expression, threshold = _alarm(deployed)
    reports = until(lambda: [line for line in web.log("certificates").read_text().splitlines() if line.startswith("{")])
    assert '"FreshCertificates": 1' in reports[-1]
    assert _value(expression, running=1, fresh=15) < threshold
    web.end("certificates")
    assert web.ask(cart_url(web))[0] == 200
    assert len([line for line in web.log("certificates").read_text().splitlines() if line.startswith("{")]) == len(
        reports
    )
    assert _value(expression, running=1, fresh=0) >= threshold
    assert _value(expression, running=10, fresh=9 * 15) >= threshold
    web.start("certificates")


def _alarm(deployed: Account) -> tuple[str, float]:
    stack = deployed.physical_id("shop-prod", "ServiceWeb")
    name = deployed.physical_id(stack, "StaleCertificates")
    (alarm,) = deployed("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    (result,) = [each["Expression"] for each in alarm["Metrics"] if "Expression" in each]
    return result, alarm["Threshold"]


def _value(expression: str, **metrics: float) -> float:
    """What metric math makes of it; `FILL` has nothing to fill where there is a value, and 0 is what it fills in."""
    text = re.sub(r"FILL\((\w+), 0\)", r"\1", expression)
    value: float = eval(text, {"__builtins__": {}}, dict(metrics))  # an expression of our own template
    return value


def test_all_tasks_of_a_callee_receive_calls(platform: Running, web: Task, cart: Task) -> None:
    """Service Connect chooses a task for each connection, so Envoy opens new ones now and then."""
    connect = platform.connect("cart", 8081)
    shared = cart.place.folder
    more = [platform.task("cart", shared).start("envoy", "app") for _ in range(9)]
    connect.tasks += [(task.place.address, CALLS) for task in more]
    tasks = [cart, *more]
    before = {task.place.address: task.counter("http.calls-8081.downstream_rq_total") for task in tasks}
    url = cart_url(web)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: web.ask(url)[0], range(1600)))
    assert set(answers) == {200}
    got = {
        task.place.address: task.counter("http.calls-8081.downstream_rq_total") - before[task.place.address]
        for task in tasks
    }
    assert sum(got.values()) == 1600
    assert min(got.values()) > 0, got
    connect.tasks[1:] = []
    for task in more:
        task.end()


def test_what_admin_tells_stays_in_the_task(web: Task) -> None:
    assert configuration(web.definition)["admin"]["address"]["socket_address"] == {
        "address": "127.0.0.1",
        "port_value": ADMIN,
    }
