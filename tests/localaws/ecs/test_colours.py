"""Blue/green, canary and linear deployments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import REGION
from tests.localaws.ecs.shop import LONG, Shop
from tests.localaws.ecs.test_services import image


def test_the_first_deployment_leaves_the_alternate_group_live(shop: Shop) -> None:
    assert shop.live == (100, 0)
    shop.open()
    assert shop.ended()["status"] == "SUCCESSFUL"
    assert (shop.live, shop.weights(shop.test)) == ((0, 100), (0, 100))
    assert (shop.targets(shop.blue), shop.targets(shop.green)) == (0, 2)


STRATEGIES = [
    ("BLUE_GREEN", {"bakeTimeInMinutes": 5}, [100], 5),
    ("CANARY", {"canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": 6}}, [10, 100], 6),
    ("LINEAR", {"linearConfiguration": {"stepPercent": 30, "stepBakeTimeInMinutes": 4}}, [30, 60, 90, 100], 12),
]


@pytest.mark.parametrize(("strategy", "said", "shares", "minutes"), STRATEGIES)
def test_requests_move_as_the_strategy_says(
    shop: Shop, strategy: str, said: dict[str, Any], shares: list[int], minutes: int
) -> None:
    shop.opened()
    shop.deploy(deploymentConfiguration=shop.configuration(strategy, **said))
    seen, all_there_are = shop.seen(), [(0, 100), *((share, 100 - share) for share in shares)]
    assert seen == [each for each in all_there_are if each in seen]
    assert seen[-1] == (100, 0)
    ended = shop.deployment()
    assert ended["status"] == "SUCCESSFUL"
    assert (ended["finishedAt"] - ended["createdAt"]).total_seconds() >= minutes * 0.1
    assert (shop.targets(shop.blue), shop.targets(shop.green), shop.running()) == (2, 0, 2)
    shop.deploy()
    assert shop.ended()["status"] == "SUCCESSFUL"
    assert shop.live == (0, 100)


def test_less_than_a_percent(shop: Shop) -> None:
    shop.opened()
    canary = {"canaryConfiguration": {"canaryPercent": 0.5, "canaryBakeTimeInMinutes": LONG}}
    shop.deploy(deploymentConfiguration=shop.configuration("CANARY", **canary))
    shop.until(lambda _: shop.live == (5, 995))


def test_hooks_are_told_where_a_deployment_is(shop: Shop) -> None:
    bucket = f"{shop.name}-{shop.account.number}"
    shop.account("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    before = shop.opened().deployment()["targetServiceRevision"]["arn"]
    stages = ["PRE_SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT"]
    stages += ["PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT"]
    hook = shop.hook("SUCCEEDED") | {"lifecycleStages": stages}
    hook["hookDetails"]["bucket"] = bucket
    canary = {"canaryConfiguration": {"canaryPercent": 0.5, "canaryBakeTimeInMinutes": 0}}
    shop.deploy(deploymentConfiguration=shop.configuration("CANARY", **canary, lifecycleHooks=[hook]))
    deployment = shop.ended()
    assert deployment["status"] == "SUCCESSFUL", deployment["statusReason"]

    keys = [each["Key"] for each in shop.account("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    events = [json.load(shop.account("s3").get_object(Bucket=bucket, Key=key)["Body"]) for key in sorted(keys)]
    assert [each["lifecycleStage"] for each in events] == [*stages[:4], *stages[4:6] * 2, stages[6]]
    green = deployment["targetServiceRevision"]["arn"]
    assert {each["resourceArn"] for each in events} == {deployment["serviceDeploymentArn"]}
    details = [each["executionDetails"] for each in events]
    assert [each["testTrafficWeights"] for each in details if each["testTrafficWeights"]] == [{green: 100, before: 0}]
    shares = [each["productionTrafficWeights"][green] for each in details if each["productionTrafficWeights"]]
    assert shares == [0, 0.5, 0.5, 100]


def test_a_hook_that_says_no(shop: Shop) -> None:
    shop.opened()
    shop.deploy(deploymentConfiguration=shop.configuration(lifecycleHooks=[shop.hook("FAILED")]))
    assert shop.seen() == [(0, 100)]
    ended = shop.deployment()
    assert ended["status"] == "ROLLBACK_SUCCESSFUL"
    assert ended["statusReason"].startswith("Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle")
    assert ended["statusReason"].endswith("returned FAILED status.")
    assert shop.weights(shop.test) == (0, 100)
    assert (shop.targets(shop.blue), shop.targets(shop.green)) == (0, 2)


@pytest.mark.parametrize("answer", ["raise", "MAYBE"])
def test_a_hook_without_an_answer(shop: Shop, answer: str) -> None:
    shop.opened()
    shop.deploy(deploymentConfiguration=shop.configuration(lifecycleHooks=[shop.hook(answer)]))
    ended = shop.ended()
    assert (ended["status"], shop.live) == ("ROLLBACK_SUCCESSFUL", (0, 100))
    assert ended["statusReason"].endswith("due to HookStatus must not be null")


def test_a_hook_that_needs_time(shop: Shop) -> None:
    shop.opened()
    hooks = [shop.hook("IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED")]
    shop.deploy(deploymentConfiguration=shop.configuration(lifecycleHooks=hooks))
    assert (shop.ended()["status"], shop.live) == ("SUCCESSFUL", (100, 0))


@pytest.mark.parametrize(("action", "status"), [("ROLLBACK", "ROLLBACK_SUCCESSFUL"), ("CONTINUE", "SUCCESSFUL")])
def test_a_hook_that_needs_too_much_time(shop: Shop, action: str, status: str) -> None:
    shop.opened()
    limit = {"timeoutInMinutes": 1, "action": action}
    hooks = [shop.hook(*["IN_PROGRESS"] * 9, timeoutConfiguration=limit)]
    shop.deploy(deploymentConfiguration=shop.configuration(lifecycleHooks=hooks))
    assert shop.ended()["status"] == status


def test_a_hook_that_says_no_to_the_way_back(shop: Shop) -> None:
    shop.opened()
    hooks = [shop.hook("FAILED", stage="PRODUCTION_TRAFFIC_SHIFT")]
    shop.deploy(deploymentConfiguration=shop.configuration(lifecycleHooks=hooks))
    assert (shop.ended()["status"], shop.live) == ("ROLLBACK_FAILED", (0, 100))


def alarm(shop: Shop, name: str, state: str) -> None:
    said = {"MetricName": "Errors", "Namespace": "shop", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    cloudwatch = shop.account("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName=name, Threshold=1, ComparisonOperator="GreaterThanThreshold", **said)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test says so")


def watched(shop: Shop, **said: Any) -> dict[str, Any]:
    alarms = {"enable": True, "rollback": True, "alarmNames": [shop.name]}
    return shop.configuration(**said, alarms=alarms)


def test_an_alarm_during_the_bake_time(shop: Shop) -> None:
    shop.opened()
    alarm(shop, shop.name, "OK")
    shop.deploy(deploymentConfiguration=watched(shop, bakeTimeInMinutes=LONG))
    shop.at("BAKE_TIME")
    assert shop.live == (100, 0)
    alarm(shop, shop.name, "ALARM")
    ended = shop.ended()
    assert (ended["status"], shop.live) == ("ROLLBACK_SUCCESSFUL", (0, 100))
    assert ended["alarms"]["triggeredAlarmNames"] == [shop.name]
    assert (shop.targets(shop.blue), shop.targets(shop.green), shop.running()) == (0, 2, 2)


def test_an_alarm_that_rings_already(shop: Shop) -> None:
    shop.opened()
    alarm(shop, shop.name, "ALARM")
    shop.deploy(deploymentConfiguration=watched(shop))
    assert shop.ended()["status"] == "SUCCESSFUL"


@pytest.mark.parametrize("behaviour", [{"exit_code": "1"}, {"health": "unhealthy"}])
def test_tasks_that_do_not_start(shop: Shop, behaviour: dict[str, str]) -> None:
    shop.opened()
    shop.deploy(image(shop.account, shop.name, **behaviour))
    assert shop.seen() == [(0, 100)]
    ended = shop.deployment()
    assert ended["status"] == "ROLLBACK_SUCCESSFUL"
    assert ended["statusReason"].endswith("the circuit breaker threshold was exceeded.")
    assert ended["lifecycleStage"] == "SCALE_UP"
    assert shop.running() == 2


@pytest.mark.parametrize(
    ("kind", "status", "live"), [("ROLLBACK", "ROLLBACK_SUCCESSFUL", (0, 100)), ("ABORT", "STOPPED", (100, 0))]
)
def test_stopped_during_the_bake_time(shop: Shop, kind: str, status: str, live: tuple[int, int]) -> None:
    shop.opened()
    shop.deploy(deploymentConfiguration=shop.configuration(bakeTimeInMinutes=LONG))
    found = shop.at("BAKE_TIME")["serviceDeploymentArn"]
    shop.ecs.stop_service_deployment(serviceDeploymentArn=found, stopType=kind)
    assert (shop.ended()["status"], shop.live) == (status, live)
    with pytest.raises(ClientError, match="terminal state"):
        shop.ecs.stop_service_deployment(serviceDeploymentArn=found)

    shop.deploy(deploymentConfiguration=shop.configuration())
    assert (shop.ended()["status"], shop.live, shop.running()) == ("SUCCESSFUL", (100, 0), 2)


def test_stopped_while_a_hook_thinks(shop: Shop) -> None:
    shop.opened()
    hooks = [shop.hook(*["IN_PROGRESS"] * LONG)]
    shop.deploy(deploymentConfiguration=shop.configuration(lifecycleHooks=hooks))
    found = shop.at("POST_TEST_TRAFFIC_SHIFT")["serviceDeploymentArn"]
    shop.ecs.stop_service_deployment(serviceDeploymentArn=found)
    assert (shop.ended()["status"], shop.live, shop.weights(shop.test)) == ("ROLLBACK_SUCCESSFUL", (0, 100), (0, 100))

    shop.deploy(deploymentConfiguration=shop.configuration(lifecycleHooks=[shop.hook("SUCCEEDED")]))
    assert (shop.ended()["status"], shop.live) == ("SUCCESSFUL", (100, 0))


def test_deleted_during_the_bake_time(shop: Shop) -> None:
    shop.opened()
    shop.deploy(deploymentConfiguration=shop.configuration(bakeTimeInMinutes=LONG))
    shop.at("BAKE_TIME")
    shop.ecs.delete_service(cluster=shop.ground["Cluster"], service=shop.name, force=True)
    assert (shop.targets(shop.blue), shop.targets(shop.green), shop.running()) == (0, 0, 0)


def test_another_deployment_takes_its_place(shop: Shop) -> None:
    shop.opened()
    canary = {"canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": LONG}}
    shop.deploy(deploymentConfiguration=shop.configuration("CANARY", **canary))
    first = shop.until(lambda _: shop.live == (10, 90))["serviceDeploymentArn"]
    waiting = [shop.hook(*["IN_PROGRESS"] * LONG, stage="PRE_SCALE_UP")]
    shop.deploy(deploymentConfiguration=shop.configuration(lifecycleHooks=waiting))
    shop.at("PRE_SCALE_UP")
    assert (shop.live, shop.weights(shop.test)) == ((0, 100), (0, 100))
    assert (shop.targets(shop.blue), shop.targets(shop.green)) == (0, 2)
    found = shop.ecs.describe_service_deployments(serviceDeploymentArns=[first])["serviceDeployments"][0]
    assert found["status"] == "STOPPED"

    shop.deploy(deploymentConfiguration=shop.configuration())
    assert (shop.ended()["status"], shop.live, shop.running()) == ("SUCCESSFUL", (100, 0), 2)


def test_many_deployments_in_a_row(shop: Shop) -> None:
    shop.opened()
    for _ in range(5):
        shop.deploy()
    assert shop.ended()["status"] == "SUCCESSFUL"
    where = {"cluster": shop.ground["Cluster"], "service": shop.name}
    statuses = [each["status"] for each in shop.ecs.list_service_deployments(**where)["serviceDeployments"]]
    assert statuses[0] == statuses[-1] == "SUCCESSFUL"
    assert set(statuses) <= {"SUCCESSFUL", "STOPPED"}
    assert (shop.running(), shop.weights(shop.test)) == (2, shop.live)
    assert (shop.targets(shop.blue), shop.targets(shop.green)) == ((2, 0) if shop.live == (100, 0) else (0, 2))


def test_a_task_that_ends_is_replaced_meanwhile(shop: Shop) -> None:
    shop.opened()
    shop.deploy(deploymentConfiguration=shop.configuration(bakeTimeInMinutes=LONG))
    shop.at("BAKE_TIME")
    cluster = shop.ground["Cluster"]
    for task in shop.ecs.list_tasks(cluster=cluster, serviceName=shop.name)["taskArns"]:
        shop.ecs.stop_task(cluster=cluster, task=task)
    shop.until(lambda found: found["targetServiceRevision"]["runningTaskCount"] == 2)
    shop.until(lambda found: found["sourceServiceRevisions"][0]["runningTaskCount"] == 2)
    assert (shop.targets(shop.blue), shop.targets(shop.green)) == (2, 2)


def test_from_rolling_to_blue_green(shop: Shop) -> None:
    shop.opened("ROLLING")
    assert (shop.live, shop.targets(shop.blue)) == ((100, 0), 2)
    where = {"cluster": shop.ground["Cluster"], "service": shop.name}
    shop.ecs.update_service(**where, deploymentConfiguration=shop.configuration())
    assert (shop.ended()["status"], shop.live) == ("SUCCESSFUL", (0, 100))
    assert (shop.targets(shop.blue), shop.targets(shop.green)) == (0, 2)


def test_a_rolling_deployment_that_fails_leaves_the_colour(shop: Shop) -> None:
    shop.opened()
    broken = image(shop.account, shop.name, exit_code="1")
    shop.deploy(broken, deploymentConfiguration=shop.configuration("ROLLING"))
    assert (shop.ended()["status"], shop.live) == ("ROLLBACK_SUCCESSFUL", (0, 100))
    shop.ecs.update_service(cluster=shop.ground["Cluster"], service=shop.name, desiredCount=1)
    shop.until(lambda _: shop.targets(shop.green) == 1)


def test_a_revision_says_where_its_tasks_are(shop: Shop) -> None:
    revision = shop.opened().deployment()["targetServiceRevision"]["arn"]
    found = shop.ecs.describe_service_revisions(serviceRevisionArns=[revision, f"{revision}1"])
    assert [each["arn"] for each in found["failures"]] == [f"{revision}1"]
    groups = found["serviceRevisions"][0]["resolvedConfiguration"]["loadBalancers"]
    assert [each["targetGroupArn"] for each in groups] == [shop.green]
