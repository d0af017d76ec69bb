"""The placeholder really runs, behind the load balancer of the example platform."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tapgen.localaws.process import running
from tests.localaws.account import REGION, Account
from tests.localaws.sockets import listening


@pytest.fixture(scope="module")
def running_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    settings = {"TAPGEN_LOCALAWS_RUN_TASKS": "1"}
    with running(tmp_path_factory.mktemp("running"), region=REGION, settings=settings) as environment:
        yield environment


@pytest.fixture
def deployed(running_aws: Mapping[str, str], repository: Path) -> Account:
    account = Account(running_aws, "333333333333")
    account.bucket()
    assert account.deploy("microservices-dev", repository / "templates_out" / "dev")["StackStatus"] == "CREATE_COMPLETE"
    return account


def get(account: Account, path: str) -> tuple[int, str]:
    outputs = {each["OutputKey"]: each["OutputValue"] for each in account.stack("microservices-dev")["Outputs"]}
    with closing(http.client.HTTPConnection(urlsplit(account.environment["AWS_ENDPOINT_URL"]).netloc)) as connection:
        connection.request("GET", path, headers={"Host": outputs["LoadBalancerDnsName"]})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_requests_reach_the_placeholder(deployed: Account) -> None:
    status, body = get(deployed, "/payment/1?a=b")
    assert (status, json.loads(body)) == (200, {"service": "payment", "environment": "dev", "path": "/payment/1"})
    assert get(deployed, "/nobody")[0] == 404

    service = deployed.child("microservices-dev", "ServicePayment")["StackName"]
    group = deployed.physical_id(service, "LogGroup")
    end = time.monotonic() + 5
    messages: list[str] = []
    while time.monotonic() < end and not any('"/payment/1?a=b"' in each for each in messages):
        messages = [each["message"] for each in deployed("logs").filter_log_events(logGroupName=group)["events"]]
    assert any('"status": 200' in each for each in messages)

    assert len(listening()) >= 4
    assert all(address.startswith("127.") for address in listening())
