"""The placeholder really runs, behind the load balancer of the example platform."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tapgen.localaws.process import running
from tests.localaws.account import REGION, Account
from tests.localaws.ecs.test_services import platform
from tests.localaws.sockets import listening

SLOW = """
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

asked, over = threading.Event(), threading.Event()

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            asked.set()
            over.wait()
        elif self.path == "/asked":
            asked.wait()
        else:
            over.set()
        self.send_response(200)
        self.end_headers()

ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""
"""Answers `/slow` not before it is asked for something else."""


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


def test_a_task_that_is_stopped_answers_what_it_was_asked(running_aws: Mapping[str, str]) -> None:
    account = Account(running_aws, "333333333334")
    template = platform("public.ecr.aws/docker/library/python:3.13")
    container = template["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]
    container["Command"] = ["python3", "-c", SLOW]
    assert account.create("s", template)["StackStatus"] == "CREATE_COMPLETE"
    group, cluster, service = (account.physical_id("s", name) for name in ("Group", "Cluster", "Service"))
    elb, host = account("elbv2"), account("elbv2").describe_load_balancers()["LoadBalancers"][0]["DNSName"]
    (target,) = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]

    def ask(address: str, path: str) -> int:
        with closing(http.client.HTTPConnection(address, timeout=5)) as connection:
            connection.request("GET", path, headers={"Host": host})
            return connection.getresponse().status

    with ThreadPoolExecutor(1) as client:
        slow = client.submit(ask, urlsplit(account.environment["AWS_ENDPOINT_URL"]).netloc, "/slow")
        task = f"{target['Target']['Id']}:8080"
        assert ask(task, "/asked") == 200
        account("ecs").update_service(cluster=cluster, service=service, desiredCount=0)
        end = time.monotonic() + 5
        while time.monotonic() < end and elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]:
            pass
        assert ask(task, "/over") == 200
        assert slow.result() == 200
