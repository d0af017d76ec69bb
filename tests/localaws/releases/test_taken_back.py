"""Releases of every strategy that come to no good end: the old version goes on, and gets all requests.

What the reasons say: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.localaws.deploying import until
from tests.localaws.releases.platform import COLOURED, LONG, STEPS, Platform
from tests.localaws.releases.service import Seen

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("releases")]

NO = "UPDATE_ROLLBACK_COMPLETE"


@contextmanager
def taken_back(shop: Platform, name: str) -> Iterator[Seen]:
    """Afterwards all is as it was before, and a client has never noticed anything else."""
    service, before = shop.services[name], len(shop.services[name].deployments())
    live, versions = service.live, service.versions()
    with service.asked() as seen:
        yield seen
    assert set(seen.answers) == {200}
    assert seen.fewest >= 2
    assert (service.live, service.versions(), len(service.deployments())) == (live, versions, before + 1)
    assert [service.healthy(group) for group in service.groups if group != live] in ([], [0])
    assert service.deployment()["status"] == "ROLLBACK_SUCCESSFUL"
    if name in COLOURED:
        deployment = service.deployment()
        assert deployment["rollback"]["serviceRevisionArn"] == deployment["sourceServiceRevisions"][0]["arn"]
        assert service.weights(service.physical("TestRule"))[live] == 100


@pytest.mark.parametrize("name", COLOURED)
def test_a_hook_says_no(shop: Platform, name: str) -> None:
    """It asks the new version by the test listener, and is answered 404; no client ever gets there."""
    with taken_back(shop, name) as seen:
        assert shop.deploy(shop.next(name, wrong=[name])) == NO
    assert seen.shares == [0]
    text = "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed."
    assert shop.services[name].deployment()["statusReason"].startswith(text)
    assert text in shop.why(name)


@pytest.mark.parametrize(("name", "share"), [("blue-green", 100), ("canary", 10), ("linear", 40)])
def test_an_alarm_rings(shop: Platform, name: str, share: int) -> None:
    """While requests move, or when they have all moved."""
    alarm, cloudwatch = shop.services[name].physical("FailedRequests"), shop.account("cloudwatch")
    with taken_back(shop, name) as seen:
        release = shop.next(name, step=LONG, bake=LONG)
        shop.begin(release)
        until(lambda: seen.shares[-1] == share)
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="A test says so.")
        assert shop.settled(release) == NO
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="A test says so.")
    assert seen.shares == [each for each in STEPS[name] if each <= share] + [0]
    told = shop.services[name].deployment()["alarms"]
    assert (told["status"], told["triggeredAlarmNames"]) == ("TRIGGERED", [alarm])
    assert alarm in shop.why(name)


@pytest.mark.parametrize("name", STEPS)
def test_tasks_do_not_start(shop: Platform, name: str) -> None:
    """Their image is not there."""
    with taken_back(shop, name) as seen:
        assert shop.deploy(shop.next(missing=[name])) == NO
    assert seen.shares == [0]
    assert "circuit breaker" in shop.services[name].deployment()["statusReason"]
    assert "circuit breaker" in shop.why(name).lower()


@pytest.mark.parametrize("name", COLOURED)
def test_somebody_stops_it_while_it_bakes(shop: Platform, name: str) -> None:
    """Which is what `make rollback` does."""
    with taken_back(shop, name) as seen:
        release = shop.next(name, bake=LONG)
        shop.begin(release)
        until(lambda: seen.shares[-1] == 100)
        until(lambda: shop.services[name].deployment().get("lifecycleStage") == "BAKE_TIME")
        found = shop.services[name].deployment()["serviceDeploymentArn"]
        shop.account("ecs").stop_service_deployment(serviceDeploymentArn=found, stopType="ROLLBACK")
        assert shop.settled(release) == NO
    assert seen.shares == [*STEPS[name], 0]
    assert "request to stop it" in shop.why(name)


@pytest.mark.parametrize("name", COLOURED)
def test_a_service_knows_what_takes_it_back(shop: Platform, name: str) -> None:
    """What its template only refers to has become names and numbers, and all of it is there."""
    service = shop.services[name]
    said = service.described()["deploymentConfiguration"]
    alarms = [service.physical(each) for each in ("SlowRequests", "FailedRequests", "UnhealthyTasks")]
    assert said["alarms"] == {"alarmNames": alarms, "enable": True, "rollback": True}
    assert service.deployment()["deploymentConfiguration"]["alarms"] == said["alarms"]
    found = shop.account("cloudwatch").describe_alarms(AlarmNames=alarms)["MetricAlarms"]
    assert {each["AlarmName"] for each in found} == set(alarms)
    for alarm in found:
        queries = {each["Id"]: each for each in alarm["Metrics"]}
        assert (queries["result"]["Expression"], queries["result"]["ReturnData"]) == ("MAX([blue, green])", True)
        measured = [each["MetricStat"]["Metric"]["Dimensions"] for each in alarm["Metrics"] if "MetricStat" in each]
        groups = {each["Value"] for dimensions in measured for each in dimensions if each["Name"] == "TargetGroup"}
        assert groups == {group.rpartition(":")[2] for group in service.groups}
    (hook,) = said["lifecycleHooks"]
    balancer = shop.account("elbv2").describe_load_balancers()["LoadBalancers"][0]
    assert hook["hookDetails"] == {
        "loadBalancer": balancer["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "scheme": "http",
        "host": balancer["DNSName"],
        "port": 8080,
        "paths": [f"/{name}"],
        "statuses": [200],
        "times": 2,
        "seconds": 2.0,
        "minutes": 5,
    }
    functions = shop.account("lambda").list_functions()["Functions"]
    assert hook["hookTargetArn"] in {each["FunctionArn"] for each in functions}
    assert hook["lifecycleStages"] == ["POST_TEST_TRAFFIC_SHIFT"]
