"""The local AWS as a command, and who may talk to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from tapgen.localaws.process import running
from tapgen.localaws.server import open_socket, settle
from tests.localaws.account import Account
from tests.localaws.sockets import listening

MODULE = [sys.executable, "-m", "tapgen.localaws"]


def test_a_command_runs_against_it_and_gives_its_exit_code() -> None:
    script = 'echo "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID ${AWS_PROFILE-none}"; exit 7'
    done = subprocess.run(
        [*MODULE, "--account", "444444444444", "--", "sh", "-c", script],
        env={**os.environ, "AWS_PROFILE": "production"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7
    address, account, profile = done.stdout.split()
    assert address.startswith("http://127.0.0.1:")
    assert (account, profile) == ("444444444444", "none")


def test_it_serves_until_interrupted(tmp_path: Path) -> None:
    command = [*MODULE, "--state", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("export AWS_ENDPOINT_URL=http://127.0.0.1:")
        assert all(address.startswith("127.") for address in listening())
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_it_ends_without_a_word_while_a_request_is_under_way(tmp_path: Path) -> None:
    """As one is that invokes a function."""
    command = [*MODULE, "--state", str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        assert process.stdout
        assert process.stderr
        port = process.stdout.readline().strip().rpartition(":")[2]
        with socket.create_connection(("127.0.0.1", int(port))) as asking:
            asking.sendall(
                b"PUT /bucket/key HTTP/1.1\r\nHost: local\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
            )
            assert asking.recv(100).startswith(b"HTTP/1.1 100")
            process.send_signal(signal.SIGTERM)
            assert (process.wait(20), process.stderr.read()) == (0, "")


def test_it_ends_with_a_test_that_fails(tmp_path: Path) -> None:
    ports: list[str] = []

    def fail() -> None:
        with running(tmp_path) as environment:
            ports.append(environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert f":{int(ports[0]):04X} 00000000:0000 0A" not in Path("/proc/net/tcp").read_text()


def test_nothing_that_is_meant_for_a_real_aws_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions inherit its environment."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "production")
    with patch.dict(os.environ), open_socket() as here:
        settle(here, tmp_path)
        assert [name for name in os.environ if name.startswith("AWS_")] == []
        assert os.environ["GATEWAY_PORT"] == str(here.getsockname()[1])


def test_the_real_cli_talks_to_it(account: Account) -> None:
    command = ["aws", "sts", "get-caller-identity", "--query", "Account", "--output", "text"]
    aws = Path(sys.executable).with_name(command[0])
    done = subprocess.run([str(aws), *command[1:]], env=account.environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == account.number


@pytest.mark.parametrize(
    ("service", "operation"),
    [("sts", "get_caller_identity"), ("ecs", "list_clusters"), ("s3", "list_buckets"), ("acm", "list_certificates")],
)
@pytest.mark.parametrize(
    ("token", "key", "code"), [("expired", "", "ExpiredToken"), ("", "AKIANOBODY", "InvalidClientTokenId")]
)
def test_refused_credentials(account: Account, service: str, operation: str, token: str, key: str, code: str) -> None:
    stranger = Account(account.environment, key or account.number, token or None)
    with pytest.raises(ClientError) as refused:
        getattr(stranger(service), operation)()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_accounts_do_not_see_each_other(account: Account) -> None:
    other = Account(account.environment, "999999999999")
    account.create("s", {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    assert not other.cloudformation.describe_stacks()["Stacks"]
    assert not other("sns").list_topics()["Topics"]
