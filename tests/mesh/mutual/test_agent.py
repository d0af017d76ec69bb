"""The agent does what it says: the very program is started, beside a signer that really signs."""

from __future__ import annotations

import json
import os
import re
import ssl
import stat
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock
from urllib.error import URLError

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from tests.mesh.mutual.stand_in import INVOKE, TEXT, TOKEN, WHO, Agent, Answer, Surroundings, environment, until

FORBIDDEN: Answer = 403, {}, {"Message": "User: task is not authorized to perform: lambda:InvokeFunction"}
CRASHED: Answer = (
    200,
    {"X-Amz-Function-Error": "Unhandled"},
    {"errorMessage": "no such authority", "errorType": "ClientError"},
)


@pytest.fixture
def surroundings() -> Iterator[Surroundings]:
    """What the agent finds in its task."""
    with Surroundings() as running:
        yield running


def load(more: Mapping[str, str]) -> ModuleType:
    """The program, in this process, without running it."""
    module = ModuleType("agent")
    with mock.patch.dict(os.environ, more):
        exec(compile(TEXT, "agent.py", "exec"), module.__dict__)
    return module


@pytest.fixture
def loaded(tmp_path: Path) -> ModuleType:
    """Its functions, one by one, in an environment where nobody answers."""
    return load(environment(tmp_path, "http://127.0.0.1:9"))


def certificate(directory: Path) -> x509.Certificate:
    """The certificate in a directory."""
    return x509.load_pem_x509_certificate((directory / "certificate.pem").read_bytes())


def belongs(directory: Path) -> bool:
    """Whether the key is that of the certificate."""
    key = load_pem_private_key((directory / "key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp256r1"
    return key.public_key() == certificate(directory).public_key()


def test_the_first_certificate(tmp_path: Path, surroundings: Surroundings) -> None:
    with Agent(tmp_path, surroundings) as agent:
        agent.becomes("1")
        current = agent.directory / "current"
        assert belongs(current)
        assert (current / "authority.pem").read_text() == surroundings.authority.pem
        until(lambda: agent.metrics)
        assert agent.lines == ["payment: new certificate, good for 168.0 hours"]
        assert sorted(path.name for path in agent.directory.iterdir()) == [
            "1",
            "authority.yaml",
            "current",
            "identity.yaml",
        ]
    (headers,) = surroundings.invocations
    assert headers["host"] == surroundings.url.removeprefix("http://")
    assert headers["x-amz-security-token"] == WHO["Token"]


def test_another_user_can_read_all_of_it(tmp_path: Path, surroundings: Surroundings) -> None:
    before = os.umask(0o077)
    try:
        with Agent(tmp_path, surroundings) as agent:
            agent.becomes("1")
            for path in agent.directory.rglob("*"):
                assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path
    finally:
        os.umask(before)


def test_the_key_never_leaves(tmp_path: Path, surroundings: Surroundings) -> None:
    with Agent(tmp_path, surroundings) as agent:
        agent.becomes("1")
        until(lambda: agent.metrics)
        pem = (agent.directory / "current" / "key.pem").read_bytes()
        number = load_pem_private_key(pem, None).private_numbers()  # type: ignore[union-attr]
        secret = number.private_value.to_bytes(32, "big")  # type: ignore[union-attr]
        told = b"".join(surroundings.sent) + (tmp_path / "log").read_bytes()
    assert b"CERTIFICATE REQUEST" in told
    assert not re.search(rb"PRIVATE|" + re.escape(secret), told)
    assert not any(line in told for line in pem.splitlines() if line and not line.startswith(b"-"))
    assert WHO["SecretAccessKey"].encode() not in told


def test_it_renews_and_keeps_what_was_before(tmp_path: Path, surroundings: Surroundings) -> None:
    surroundings.wait().allow(2)
    with Agent(tmp_path, surroundings, RENEW_AFTER="0.1") as agent:
        agent.becomes("2")
        first, second = certificate(agent.directory / "1"), certificate(agent.directory / "2")
        assert first.serial_number != second.serial_number
        assert first.public_key() != second.public_key(), "a renewal has a key of its own"
        surroundings.allow(2)
        agent.becomes("4")
        until(lambda: sorted(path.name for path in agent.directory.glob("[0-9]")) == ["3", "4"])
        assert belongs(agent.directory / "current")


@pytest.mark.parametrize(
    ("failing", "why"),
    [
        pytest.param(
            FORBIDDEN,
            'RuntimeError: HTTP Error 403: Forbidden: {"Message": "User: task is not authorized',
            id="forbidden",
        ),
        pytest.param(CRASHED, "RuntimeError: the signer failed: {", id="the function failed"),
        pytest.param((200, {}, None), "TypeError: ", id="no answer"),
        pytest.param((200, {}, {"certificate": "a"}), "KeyError: ", id="half an answer"),
        pytest.param((200, {}, {"certificate": "a\n", "authority": "b\n"}), "SSLError: ", id="no certificates"),
    ],
)
def test_it_says_in_one_line_why_there_is_no_certificate_and_goes_on(
    tmp_path: Path, surroundings: Surroundings, failing: Any, why: str
) -> None:
    surroundings.failing = failing
    with Agent(tmp_path, surroundings) as agent:
        until(lambda: len(agent.lines) >= 2)
        assert all(line.startswith(f"payment: no new certificate: {why}") for line in agent.lines), agent.lines
        assert agent.current is None
        surroundings.failing = None
        agent.becomes("1")
        until(lambda: agent.lines[-1] == "payment: new certificate, good for 168.0 hours")
    assert agent.metrics[0]["FreshCertificates"] == 0


def test_a_failed_renewal_leaves_the_old_certificate(tmp_path: Path, surroundings: Surroundings) -> None:
    surroundings.wait().allow()
    with Agent(tmp_path, surroundings, RENEW_AFTER="0.5", STALE_AFTER="2") as agent:
        agent.becomes("1")
        surroundings.failing = CRASHED
        surroundings.allow()
        before = certificate(agent.directory / "current")
        until(lambda: agent.metrics and agent.metrics[-1]["FreshCertificates"] == 0)
        assert (agent.current, certificate(agent.directory / "current")) == ("1", before)
        assert agent.metrics[0]["FreshCertificates"] == 1
        surroundings.failing = None
        surroundings.allow()
        agent.becomes("2")
        until(lambda: agent.metrics[-1]["FreshCertificates"] == 1)


def test_a_certificate_for_another_key_is_refused(tmp_path: Path, surroundings: Surroundings) -> None:
    surroundings.wait().allow()
    with Agent(tmp_path, surroundings, RENEW_AFTER="0.1") as agent:
        agent.becomes("1")
        old = (agent.directory / "1" / "certificate.pem").read_text()
        surroundings.failing = 200, {}, {"certificate": old, "authority": surroundings.authority.pem}
        surroundings.allow()
        until(lambda: agent.lines and "no new" in agent.lines[-1])
        assert "KEY_VALUES_MISMATCH" in agent.lines[-1]
        assert belongs(agent.directory / "current")


def test_an_agent_that_starts_again_does_not_ask_again(tmp_path: Path, surroundings: Surroundings) -> None:
    with Agent(tmp_path, surroundings) as agent:
        agent.becomes("1")
        agent.stop()
    said = len(agent.metrics)
    with Agent(tmp_path, surroundings) as agent:
        until(lambda: len(agent.metrics) > said)
        assert (agent.current, agent.metrics[-1]["FreshCertificates"]) == ("1", 1)
    assert len(surroundings.invocations) == 1
    with Agent(tmp_path, surroundings, RENEW_AFTER="0") as agent:
        until(lambda: agent.current not in {None, "1"})


def test_it_cannot_begin_without_its_directory(tmp_path: Path, surroundings: Surroundings) -> None:
    with Agent(tmp_path, surroundings, DIRECTORY=str(tmp_path / "nowhere")) as agent:
        assert agent.process.wait(20) == 1
        (line,) = agent.lines
    assert line.startswith("payment: cannot begin: FileNotFoundError: ")


def test_lines_for_cloudwatch(tmp_path: Path, surroundings: Surroundings) -> None:
    """As the specification has it: every member is there, and every metric has a value."""
    with Agent(tmp_path, surroundings) as agent:
        until(lambda: len(agent.metrics) >= 2)
        before = dict.fromkeys(["listener.inbound.ssl.handshake", "listener.inbound.ssl.connection_error"], 0)
        surroundings.counters = before
        until(lambda: "Handshakes" in agent.metrics[-1])
        surroundings.counters = {
            "cluster.order.ssl.handshake": 100,
            "cluster.order.ssl.connection_error": 100,
            "listener.0.0.0.0_8443.ssl.handshake": 2,
            "listener.inbound.ssl.handshake": 3,
            "listener.inbound.ssl.no_certificate": 100,
            "listener.inbound.ssl.connection_error": 1,
            "listener.inbound.ssl.fail_verify_error": 10,
            "listener.inbound.ssl.fail_verify_no_cert": 20,
            "listener.inbound.ssl.fail_verify_san": 30,
        }
        until(lambda: any(line.get("Handshakes") == 5 for line in agent.metrics))
        until(lambda: agent.metrics[-1]["Handshakes"] == 0)
        surroundings.counters = {"listener.inbound.ssl.handshake": 1}
        until(lambda: sum(line.get("Handshakes", 0) for line in agent.metrics) == 6)
        agent.stop()
    names = {"FreshCertificates", "CertificateSecondsLeft"}
    for line in agent.metrics:
        about = line["_aws"]
        assert abs(about["Timestamp"] / 1000 - time.time()) < 60
        (directive,) = about["CloudWatchMetrics"]
        assert (directive["Namespace"], directive["Dimensions"]) == ("shop/prod", [["Service"]])
        counted = {each["Name"] for each in directive["Metrics"]}
        assert counted in (names, names | {"Handshakes", "RefusedHandshakes"})
        assert set(line) == {"_aws", "Service", *counted}
        assert line["Service"] == "payment"
        assert 7 * 86400 - 60 < line["CertificateSecondsLeft"] <= 7 * 86400
    assert sum(line.get("Handshakes", 0) for line in agent.metrics) == 6, "also after a restart"
    assert sum(line.get("RefusedHandshakes", 0) for line in agent.metrics) == 61


def test_what_envoy_counted_before_the_agent_is_not_new(tmp_path: Path, surroundings: Surroundings) -> None:
    surroundings.counters = {"listener.inbound.ssl.handshake": 1000}
    with Agent(tmp_path, surroundings) as agent:
        until(lambda: agent.metrics)
        assert agent.metrics[0]["Handshakes"] == 0


@pytest.mark.parametrize("failing", [None, FORBIDDEN])
def test_it_ends_at_once(tmp_path: Path, surroundings: Surroundings, failing: Any) -> None:
    surroundings.failing = failing
    with Agent(tmp_path, surroundings, REPORT_EVERY="60") as agent:
        until(lambda: agent.metrics)
        assert agent.stop() < 2
        assert len(agent.lines) == 1


def test_it_ends_at_once_while_it_waits_for_the_signer(tmp_path: Path, surroundings: Surroundings) -> None:
    surroundings.wait()
    with Agent(tmp_path, surroundings) as agent:
        until(lambda: surroundings.invocations)
        assert agent.stop() < 2
        assert not agent.lines


def test_envoy_is_told_before_there_is_a_certificate(tmp_path: Path, surroundings: Surroundings) -> None:
    surroundings.failing = FORBIDDEN
    with Agent(tmp_path, surroundings) as agent:
        until(lambda: agent.lines)
        directory = agent.directory
        told = [json.loads((directory / name).read_text())["resources"] for name in ("identity.yaml", "authority.yaml")]
    kind = {"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"}
    watched = {"watched_directory": {"path": str(directory)}}
    pair = {
        "certificate_chain": {"filename": f"{directory}/current/certificate.pem"},
        "private_key": {"filename": f"{directory}/current/key.pem"},
    }
    trust = {"trusted_ca": {"filename": f"{directory}/current/authority.pem"}}
    assert told == [
        [{**kind, "name": "identity", "tls_certificate": {**pair, **watched}}],
        [{**kind, "name": "authority", "validation_context": {**trust, **watched}}],
    ]


def test_pauses_grow_to_five_minutes(loaded: ModuleType) -> None:
    for failures, longest in [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (5000, 300)]:
        pauses = [loaded.pause(failures) for _ in range(50)]
        assert longest / 2 <= min(pauses) < max(pauses) <= longest


def test_an_answer_that_says_more_than_one_line(loaded: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise URLError("first\nsecond")

    assert not loaded.tried("no report", fail)
    assert capfd.readouterr().out == "payment: no report: URLError: <urlopen error first second>\n"


@pytest.mark.parametrize(
    ("variables", "url", "headers"),
    [
        ({"RELATIVE_URI": "/v2/credentials/1"}, "http://169.254.170.2/v2/credentials/1", {"Authorization": TOKEN}),
        (
            {"FULL_URI": "http://169.254.170.23/v1/credentials"},
            "http://169.254.170.23/v1/credentials",
            {"Authorization": TOKEN},
        ),
    ],
)
def test_where_credentials_are(
    loaded: ModuleType, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, headers: dict[str, str]
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", TOKEN)
    for name, value in variables.items():
        monkeypatch.setenv(f"AWS_CONTAINER_CREDENTIALS_{name}", value)
    asked = []
    monkeypatch.setattr(loaded, "ask", lambda url, headers: asked.append((url, headers)))
    loaded.credentials()
    monkeypatch.delenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    loaded.credentials()
    assert asked == [(url, headers), (url, None)]


SIGNING = load(environment(Path("/nowhere"), "http://127.0.0.1:9"))
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


@given(
    url=st.builds(
        "https://lambda.{}.amazonaws.com{}{}".format,
        st.sampled_from(["eu-west-1", "us-gov-east-1"]),
        st.just(INVOKE),
        st.sampled_from(["", ":live", "%3Alive"]),
    ),
    body=st.binary(),
    who=st.fixed_dictionaries({"AccessKeyId": SECRETS, "SecretAccessKey": SECRETS, "Token": SECRETS}),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_it_signs_as_botocore_does(url: str, body: bytes, who: dict[str, str], now: datetime) -> None:
    signer = SigV4Auth(Credentials(who["AccessKeyId"], who["SecretAccessKey"], who["Token"]), "lambda", "eu-west-1")
    request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        signer.add_auth(request)
    ours = SIGNING.authorization(url, body, who, now)
    theirs = {name.lower(): value for name, value in request.headers.items()}
    assert ours == {"host": url.split("/")[2], **theirs}


def test_the_authority_must_be_one(loaded: ModuleType) -> None:
    with pytest.raises(ssl.SSLError):
        loaded.install("", "", "")
    assert not loaded.CURRENT.exists()
