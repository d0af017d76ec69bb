"""One platform for all tests of releases, who leave it as it is when nothing happens to it."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tapgen.localaws.process import running
from tests.functions.listener import Answer, Asked, Listener
from tests.localaws.account import REGION, Account
from tests.localaws.releases.platform import Platform

NETWORK = f"127.{28 + os.getpid() % 36}.0.0/16"
"""All of it is this machine's own: whoever listens at an address of the load balancer can be reached there."""

TEST_PORT = 8080


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform, and its test listener in both zones, which leads where its rules say."""
    settings = {"TAPGEN_LOCALAWS_RUN_TASKS": "1"}
    with running(tmp_path_factory.mktemp("releases"), region=REGION, settings=settings) as environment:
        platform = Platform(tmp_path_factory.mktemp("shop"), Account(environment, "222222227777"), NETWORK)
        address = urlsplit(environment["AWS_ENDPOINT_URL"]).netloc

        def answer(asked: Asked) -> Answer:
            with closing(http.client.HTTPConnection(address)) as connection:
                connection.request("GET", asked.path, headers={"Host": f"{asked.host}:{TEST_PORT}"})
                return Answer(connection.getresponse().status)

        interfaces = platform.account("ec2").describe_network_interfaces()["NetworkInterfaces"]
        balanced = [each for each in interfaces if each["Description"].startswith("ELB ")]
        with Listener(answer, TEST_PORT).at(*(each["PrivateIpAddress"] for each in balanced)):
            yield platform
