"""What the test of a new version asks, and when it lets one pass: real servers, at several addresses of loopback."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.functions.cluster import load
from tests.functions.listener import HOST, Answer, Asked, Listener, certificate

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_SECRET_ACCESS_KEY": "test"}
BALANCER = "app/shop-prod/50dc6c495c0c9188"
SERVICE = "arn:aws:ecs:eu-west-1:111111111111:service/shop-prod/payment"
DEPLOYMENT = "arn:aws:ecs:eu-west-1:111111111111:service-deployment/shop-prod/payment/ejGvqq2ilnbKT9qj0vLJe"
REVISION = "arn:aws:ecs:eu-west-1:111111111111:service-revision/shop-prod/payment/1485800978477494678"
ZONES = ["127.0.0.1", "127.0.0.2"]
PASSES = {"hookStatus": "SUCCEEDED"}
FAILS = {"hookStatus": "FAILED"}


def details(port: int, **said: Any) -> dict[str, Any]:
    """What the template says of a test."""
    return {
        "host": HOST,
        "loadBalancer": BALANCER,
        "minutes": 5,
        "paths": ["/payment"],
        "port": port,
        "scheme": "http",
        "seconds": 2.0,
        "statuses": [200],
        "times": 3,
    } | said


def event(details: dict[str, Any]) -> dict[str, Any]:
    """What ECS sends, as JSON can say it."""
    sent = {
        "executionId": "a635edb5-a66b-4f44-bf3f-fcee4b3641a5",
        "lifecycleStage": "POST_TEST_TRAFFIC_SHIFT",
        "resourceArn": DEPLOYMENT,
        "executionDetails": {
            "serviceArn": SERVICE,
            "targetServiceRevisionArn": REVISION,
            "testTrafficWeights": {},
            "productionTrafficWeights": {},
        },
        "hookDetails": details,
    }
    return dict(json.loads(json.dumps(sent)))


class Aws:
    """What ECS and EC2 answer; each call is checked against AWS's own model, and all must be made."""

    def __init__(self, function: ModuleType) -> None:
        self.ecs, self.ec2 = Stubber(function.ECS), Stubber(function.EC2)

    def tells_deployments(self, *pages: int) -> None:
        """How many that succeeded are on each page."""
        asked: dict[str, Any] = {"cluster": "shop-prod", "service": SERVICE, "status": ["SUCCESSFUL"]}
        for number, found in enumerate(pages, 1):
            more = {"nextToken": str(number)} if number < len(pages) and not found else {}
            told = {"serviceDeployments": [{"serviceDeploymentArn": DEPLOYMENT}] * found}
            self.ecs.add_response("list_service_deployments", told | more, asked)
            asked = asked | more

    def tells_age(self, days: float) -> None:
        """When the service was made."""
        made = {"services": [{"createdAt": datetime.now(UTC) - timedelta(days=days)}]}
        self.ecs.add_response("describe_services", made, {"cluster": "shop-prod", "services": [SERVICE]})

    def tells_addresses(self, *pages: Sequence[str]) -> None:
        """Those of the load balancer's network interfaces."""
        asked: dict[str, Any] = {"Filters": [{"Name": "description", "Values": [f"ELB {BALANCER}"]}]}
        for number, addresses in enumerate(pages, 1):
            more = {"NextToken": str(number)} if number < len(pages) else {}
            told = {"NetworkInterfaces": [{"PrivateIpAddress": address} for address in addresses]}
            self.ec2.add_response("describe_network_interfaces", told | more, asked)
            asked = asked | more


@pytest.fixture(scope="module")
def loaded() -> ModuleType:
    """The function, in this process."""
    return load("test_version", ENVIRONMENT)


@pytest.fixture
def aws(loaded: ModuleType) -> Iterator[Aws]:
    """AWS, before it has been told what to answer."""
    aws = Aws(loaded)
    with aws.ecs, aws.ec2:
        yield aws
        aws.ecs.assert_no_pending_responses()
        aws.ec2.assert_no_pending_responses()


@pytest.fixture
def tested(loaded: ModuleType, aws: Aws) -> Any:
    """Call the function for a version after the first, with the load balancer in some zones."""

    def tested(event: dict[str, Any], zones: Sequence[str] = ZONES) -> dict[str, Any]:
        aws.tells_deployments(1)
        aws.tells_addresses(zones)
        return dict(loaded.handler(event, None))

    return tested


def right(_: Asked) -> Answer:
    """As wanted."""
    return Answer()


def test_a_version_that_answers_rightly_passes_at_once(tested: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with Listener(right).at(*ZONES) as listener:
        assert tested(event(details(listener.port, paths=["/payment", "/payment/health?deep=1"]))) == PASSES
    paths = ["/payment"] * 3 + ["/payment/health?deep=1"] * 3
    for zone in ZONES:
        asked = [each for each in listener.asked if each.address == zone]
        assert sorted(each.path for each in asked) == paths
        assert {(each.host, each.name) for each in asked} == {(HOST, None)}
    url = f"http://{HOST}:{listener.port}/payment"
    lines = [re.sub(r"0\.\d\d", "0.01", line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == f"{url} at 127.0.0.1: {', '.join(['200 after 0.01 s'] * 3)}: right"
    assert len(lines) == 4


def test_tls_is_spoken_as_if_the_name_had_led_there(tested: Any, tmp_path: Path) -> None:
    """The listener chooses its certificate by SNI; whoever signed it, and until when, is not asked."""
    with Listener(right).at(*ZONES, certificate=certificate(tmp_path)) as listener:
        assert tested(event(details(listener.port, scheme="https"))) == PASSES
    assert {(each.address, each.name, each.host) for each in listener.asked} == {(zone, HOST, HOST) for zone in ZONES}
    assert len(listener.asked) == 6


def test_numbers_may_come_as_text(tested: Any) -> None:
    with Listener(right).at(*ZONES) as listener:
        text = {"times": "2", "seconds": "2.5", "minutes": "5", "statuses": ["200"]}
        assert tested(event(details(listener.port, **text) | {"port": str(listener.port)})) == PASSES
    assert len(listener.asked) == 4


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(Answer(500), r"500 after 0\.\d\d s", id="another status"),
        pytest.param(Answer(302, headers={"Location": "/payment/"}), r"302 after 0\.\d\d s", id="a redirect"),
        pytest.param(Answer(wait=9), r"TimeoutError: .*timed out after \d\.\d\d s", id="no answer in time"),
        pytest.param(Answer(body=[(9, b"end")]), r"TimeoutError: .*timed out after \d\.\d\d s", id="no end in time"),
        pytest.param(Answer(body=[(0.05, b".")] * 1200), r"200 after \d\.\d\d s", id="an end too late"),
    ],
)
def test_one_wrong_answer_is_enough(tested: Any, capsys: pytest.CaptureFixture[str], answer: Answer, said: str) -> None:
    """The last of three, in one of two zones, is wrong."""
    numbers = count(1)

    def third(asked: Asked) -> Answer:
        return answer if asked.address == ZONES[1] and next(numbers) == 3 else Answer()

    with Listener(third).at(*ZONES) as listener:
        before = time.time()
        again = tested(event(details(listener.port, seconds=0.5)))
    assert (again["hookStatus"], again["callBackDelay"]) == ("IN_PROGRESS", 10)
    assert before + 300 <= again["hookDetails"]["until"] <= time.time() + 300
    good, bad = capsys.readouterr().out.splitlines()
    assert good.endswith(": right")
    two = r"200 after 0\.\d\d s, 200 after 0\.\d\d s, "
    assert re.fullmatch(rf"http://.* at 127\.0\.0\.2: {two}{said}: wrong, wanted 200 within 0\.5 s", bad)


def test_what_is_wrong_is_not_asked_on(tested: Any) -> None:
    with Listener(lambda asked: Answer(503)).at(*ZONES) as listener:
        assert tested(event(details(listener.port, times=100)))["hookStatus"] == "IN_PROGRESS"
    assert len(listener.asked) == 2


def test_a_zone_that_cannot_be_reached_is_wrong(tested: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with Listener(right).at(ZONES[0]) as listener:
        assert tested(event(details(listener.port)))["hookStatus"] == "IN_PROGRESS"
    assert len(listener.asked) == 3
    assert "at 127.0.0.2: ConnectionRefusedError: " in capsys.readouterr().out


def test_a_listener_without_tls_is_wrong(tested: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with Listener(right).at(*ZONES) as listener:
        assert tested(event(details(listener.port, scheme="https")))["hookStatus"] == "IN_PROGRESS"
    assert "at 127.0.0.1: SSLError: " in capsys.readouterr().out
    assert not listener.asked


def test_what_is_no_http_is_wrong(tested: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with Listener(lambda asked: Answer(raw=b"SSH-2.0-OpenSSH_9.9\r\n")).at(*ZONES) as listener:
        assert tested(event(details(listener.port)))["hookStatus"] == "IN_PROGRESS"
    assert "at 127.0.0.1: BadStatusLine: SSH-2.0-OpenSSH_9.9" in capsys.readouterr().out


def test_a_load_balancer_without_addresses_is_wrong(tested: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert tested(event(details(1)), zones=[])["hookStatus"] == "IN_PROGRESS"
    assert capsys.readouterr().out == f"{BALANCER} has no address\n"


def test_addresses_of_all_pages_are_asked(loaded: ModuleType, aws: Aws) -> None:
    aws.tells_deployments(1)
    aws.tells_addresses([ZONES[0]], [], [ZONES[1]])
    with Listener(right).at(*ZONES) as listener:
        assert loaded.handler(event(details(listener.port)), None) == PASSES
    assert {each.address for each in listener.asked} == set(ZONES)


@pytest.mark.parametrize("status", [464, 204])
def test_any_of_the_wanted_statuses_is_right(tested: Any, status: int) -> None:
    """As where a service speaks gRPC: the load balancer says 464 to HTTP/1.1."""
    with Listener(lambda asked: Answer(status)).at(*ZONES) as listener:
        assert tested(event(details(listener.port, statuses=[464, 204]))) == PASSES


def test_a_version_that_becomes_good_in_time_passes(tested: Any) -> None:
    """Each call gets what the one before returned, and nothing else."""
    numbers = count()
    with Listener(lambda asked: Answer(503 if next(numbers) < 4 else 200)).at(*ZONES) as listener:
        first = tested(event(details(listener.port)))
        second = tested(event(first["hookDetails"]))
        assert (second["hookStatus"], second["hookDetails"]) == ("IN_PROGRESS", first["hookDetails"])
        assert tested(event(second["hookDetails"])) == PASSES


def test_when_the_time_is_over_it_fails(
    tested: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is asked for the last time when the time is over, not before."""
    with Listener(lambda asked: Answer(503)).at(*ZONES) as listener:
        again = tested(event(details(listener.port)))
        until = again["hookDetails"]["until"]
        monkeypatch.setattr("time.time", lambda: until - 3.5)
        again = tested(event(again["hookDetails"]))
        assert (again["hookStatus"], again["callBackDelay"]) == ("IN_PROGRESS", 4)
        capsys.readouterr()
        monkeypatch.setattr("time.time", lambda: until + 0.5)
        assert tested(event(again["hookDetails"])) == FAILS
    *visits, verdict = capsys.readouterr().out.splitlines()
    assert [re.sub(r"0\.\d\d s", "0.01 s", line) for line in visits] == [
        f"http://{HOST}:{listener.port}/payment at {zone}: 503 after 0.01 s: wrong, wanted 200 within 2.0 s"
        for zone in ZONES
    ]
    assert verdict == f"{SERVICE}: this version is taken back, for it has not answered rightly in 5 minutes"


def test_a_version_that_is_right_when_the_time_is_over_passes(tested: Any) -> None:
    with Listener(right).at(*ZONES) as listener:
        assert tested(event(details(listener.port, until=time.time() - 1))) == PASSES


@pytest.mark.parametrize("days", [0, 80])
def test_a_first_version_passes_unasked(
    loaded: ModuleType, aws: Aws, capsys: pytest.CaptureFixture[str], days: int
) -> None:
    """The first deployment, or one after others that have all failed."""
    aws.tells_deployments(0, 0, 0)
    aws.tells_age(days)
    assert loaded.handler(event(details(1)), None) == PASSES
    assert capsys.readouterr().out == f"{SERVICE}: no version was ever live, so this one passes\n"


def test_deployments_that_ecs_has_forgotten_count(loaded: ModuleType, aws: Aws) -> None:
    """A service that was last deployed more than 90 days ago has a version that is live."""
    aws.tells_deployments(0)
    aws.tells_age(days=91)
    aws.tells_addresses([])
    assert loaded.handler(event(details(1)), None)["hookStatus"] == "IN_PROGRESS"


def test_a_deployment_on_a_later_page_counts(loaded: ModuleType, aws: Aws) -> None:
    aws.tells_deployments(0, 1)
    aws.tells_addresses([])
    assert loaded.handler(event(details(1)), None)["hookStatus"] == "IN_PROGRESS"


def test_what_aws_refuses_is_an_error(loaded: ModuleType, aws: Aws) -> None:
    """ECS takes the version back, and the alarm of the function tells."""
    aws.tells_deployments(1)
    aws.ec2.add_client_error("describe_network_interfaces", "UnauthorizedOperation")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        loaded.handler(event(details(1)), None)
