"""New versions are tested on their way: by the function, called by the local ECS, through the local load balancer."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib.resources import files
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest

from tapgen.functions import source
from tapgen.localaws.process import running
from tests.functions.listener import Answer, Asked, Listener
from tests.localaws.account import REGION, Account
from tests.localaws.ecs.shop import Shop, ground
from tests.localaws.ecs.test_services import image

NETWORK = f"127.{128 + os.getpid() % 100}"
"""All of it is this machine's own: whoever listens at an address of the load balancer can be reached there."""

PYTHON = "public.ecr.aws/docker/library/python:3.13"
PLACEHOLDER = files("tapgen.placeholder").joinpath("server.py").read_text()
TEST_PORT = 8443


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account where tasks really run, and what services stand on."""
    settings = {"TAPGEN_LOCALAWS_RUN_TASKS": "1"}
    with running(tmp_path_factory.mktemp("deployed"), region=REGION, settings=settings) as environment:
        account = Account(environment, "222222228888")
        template = ground(NETWORK, source("test_version"))
        assert account.create("ground", template)["StackStatus"] == "CREATE_COMPLETE"
        yield account


@pytest.fixture
def shop(home: Account) -> Shop:
    """A service, not made yet."""
    return Shop(home, {each["OutputKey"]: each["OutputValue"] for each in home.stack("ground")["Outputs"]})


class Balancer:
    """The load balancer, as the function finds it."""

    def __init__(self, account: Account) -> None:
        found = account("elbv2").describe_load_balancers()["LoadBalancers"][0]
        self.host, self.id = str(found["DNSName"]), found["LoadBalancerArn"].partition(":loadbalancer/")[2]
        named = [{"Name": "description", "Values": [f"ELB {self.id}"]}]
        interfaces = account("ec2").describe_network_interfaces(Filters=named)["NetworkInterfaces"]
        self.addresses = [str(each["PrivateIpAddress"]) for each in interfaces]
        self.local_aws = urlsplit(account.environment["AWS_ENDPOINT_URL"]).netloc

    def answer(self, asked: Asked) -> Answer:
        """What the rules of the test listener lead to."""
        with closing(http.client.HTTPConnection(self.local_aws)) as connection:
            connection.request("GET", asked.path, headers={"Host": f"{asked.host}:{TEST_PORT}"})
            return Answer(connection.getresponse().status)


@pytest.fixture
def balancer(home: Account) -> Balancer:
    """The load balancer of all services."""
    return Balancer(home)


@pytest.fixture
def listener(balancer: Balancer) -> Iterator[Listener]:
    """Its test listener, in both zones."""
    with Listener(balancer.answer, TEST_PORT).at(*balancer.addresses) as listener:
        yield listener


def asking(shop: Shop, balancer: Balancer, path: str, minutes: float = 5) -> dict[str, Any]:
    """The configuration of a deployment that is tested."""
    details = {
        "host": balancer.host,
        "loadBalancer": balancer.id,
        "minutes": minutes,
        "paths": [f"/{shop.name}{path}"],
        "port": TEST_PORT,
        "scheme": "http",
        "seconds": 5,
        "statuses": [200],
        "times": 3,
    }
    return {"lifecycleHooks": [shop.hook() | {"hookDetails": details}]}


def log(shop: Shop) -> list[str]:
    """What the function has said of a service."""
    group = f"/aws/lambda/{shop.ground['Hook'].rpartition(':')[2]}"
    events = shop.account("logs").filter_log_events(logGroupName=group)["events"]
    return [each["message"] for each in events if shop.name in each["message"]]


def knows(shop: Shop, *paths: str) -> None:
    """Let the next version of a service answer for these paths, and for no other."""
    said: Mapping[str, str] = {
        "ENVIRONMENT": "dev",
        "PATH_PREFIXES": ",".join(f"/{shop.name}{path}" for path in paths),
        "PORT": "8080",
        "SERVICE_NAME": shop.name,
    }
    environment = [{"name": name, "value": value} for name, value in said.items()]
    shop.container = {"command": ["python3", "-c", PLACEHOLDER], "environment": environment, "image": PYTHON}


def test_a_good_version_gets_requests(shop: Shop, balancer: Balancer, listener: Listener) -> None:
    """What only the new version answers rightly is asked for: it is the new version that was asked."""
    knows(shop, "/old")
    shop.opened()
    knows(shop, "/new")
    shop.deploy(deploymentConfiguration=shop.configuration(**asking(shop, balancer, "/new")))
    assert (shop.ended()["status"], shop.live) == ("SUCCESSFUL", (100, 0))
    asked = [(each.address, each.host, each.path) for each in listener.asked]
    assert sorted(asked) == sorted((each, balancer.host, f"/{shop.name}/new") for each in balancer.addresses * 3)


def test_a_bad_version_is_taken_back(shop: Shop, balancer: Balancer, listener: Listener) -> None:
    """It gets no request of a client, and the log says what it answered."""
    knows(shop, "/old")
    shop.opened()
    knows(shop, "/new")
    shop.deploy(deploymentConfiguration=shop.configuration(**asking(shop, balancer, "/old", minutes=0.01)))
    assert shop.seen() == [(0, 100)]
    ended = shop.deployment()
    assert ended["status"] == "ROLLBACK_SUCCESSFUL"
    assert "because POST_TEST_TRAFFIC_SHIFT lifecycle" in ended["statusReason"]
    assert ended["statusReason"].endswith("returned FAILED status.")
    assert len(listener.asked) > 2
    *_, visit, verdict = log(shop)
    assert ": 404 after " in visit
    assert verdict.endswith(
        f"/{shop.name}: this version is taken back, for it has not answered rightly in 0.01 minutes"
    )
    assert (shop.targets(shop.blue), shop.targets(shop.green), shop.running()) == (0, 2, 2)


def test_a_version_that_needs_a_while_gets_requests(shop: Shop, balancer: Balancer) -> None:
    """It is asked in four calls of the function, each of which goes on where the one before ended."""
    knows(shop, "/")
    shop.opened()
    numbers = count()

    def slowly(asked: Asked) -> Answer:
        return Answer(503) if next(numbers) < 3 * len(balancer.addresses) else balancer.answer(asked)

    with Listener(slowly, TEST_PORT).at(*balancer.addresses):
        shop.deploy(deploymentConfiguration=shop.configuration(**asking(shop, balancer, "/")))
        assert (shop.ended()["status"], shop.live) == ("SUCCESSFUL", (100, 0))
    assert sum("503" in each for each in log(shop)) == 3 * len(balancer.addresses)


def test_a_zone_that_nobody_answers_in(shop: Shop, balancer: Balancer) -> None:
    knows(shop, "/")
    shop.opened()
    with Listener(balancer.answer, TEST_PORT).at(balancer.addresses[0]):
        shop.deploy(deploymentConfiguration=shop.configuration(**asking(shop, balancer, "/", minutes=0)))
        assert (shop.ended()["status"], shop.live) == ("ROLLBACK_SUCCESSFUL", (0, 100))


def test_a_first_version_is_not_asked(shop: Shop, balancer: Balancer) -> None:
    """Nobody listens, so the version after it fails."""
    shop.opened(**asking(shop, balancer, "/", minutes=0))
    shop.deploy()
    assert (shop.ended()["status"], shop.live) == ("ROLLBACK_SUCCESSFUL", (0, 100))


def test_a_version_after_a_first_that_failed_is_not_asked(shop: Shop, balancer: Balancer) -> None:
    configuration = asking(shop, balancer, "/", minutes=0)
    shop.container = {"image": image(shop.account, shop.name, exit_code="1")}
    shop.open(**configuration)
    assert shop.ended()["status"] == "ROLLBACK_FAILED"
    shop.container = {}
    shop.deploy(deploymentConfiguration=shop.configuration(**configuration))
    assert shop.ended()["status"] == "SUCCESSFUL"
