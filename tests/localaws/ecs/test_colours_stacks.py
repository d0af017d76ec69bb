"""Services with two target groups in templates."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.localaws.account import CAPABILITIES, Account
from tests.localaws.ecs.shop import LONG, PATIENCE, arn, ground, ref, weighted
from tests.localaws.ecs.test_services import described, image

ELB = "AWS::ElasticLoadBalancingV2::"
PUBLIC = "public.ecr.aws/docker/library/nginx:1"


def template(image: str = PUBLIC, path: str = "/*", answers: tuple[str, ...] = ("SUCCEEDED",), **said: Any) -> Any:
    """A service that moves between two colours; all of it in one stack."""

    def group() -> dict[str, Any]:
        said = {"VpcId": ref("Vpc"), "TargetType": "ip", "Protocol": "HTTP", "Port": 80}
        return {"Type": f"{ELB}TargetGroup", "Properties": said}

    def rule(listener: str) -> dict[str, Any]:
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}
        action = weighted(ref("Blue"), ref("Green"))
        said = {"ListenerArn": ref(listener), "Priority": 1, "Conditions": [condition], "Actions": [action]}
        return {"Type": f"{ELB}ListenerRule", "Properties": said}

    container = {"Name": "app", "Image": image, "PortMappings": [{"ContainerPort": 8080}]}
    task = {"Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc", "ContainerDefinitions": [container]}
    advanced = {
        "AlternateTargetGroupArn": ref("Green"),
        "ProductionListenerRule": ref("Rule"),
        "TestListenerRule": ref("TestRule"),
        "RoleArn": arn("Ecs"),
    }
    balancer = {"ContainerName": "app", "ContainerPort": 8080, "TargetGroupArn": ref("Blue")}
    hook = {
        "HookTargetArn": arn("Hook"),
        "RoleArn": arn("Ecs"),
        "LifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
        "HookDetails": {"answers": list(answers)},
    }
    deployments = {
        "Strategy": "BLUE_GREEN",
        "BakeTimeInMinutes": 1,
        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        "LifecycleHooks": [hook],
    }
    service = {
        "Cluster": ref("Cluster"),
        "TaskDefinition": ref("Task"),
        "DeploymentConfiguration": deployments | said,
        "LoadBalancers": [balancer | {"AdvancedConfiguration": advanced}],
        "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [ref("SubnetA")]}},
    }
    more = {
        "Blue": group(),
        "Green": group(),
        "Rule": rule("Listener"),
        "TestRule": rule("TestListener"),
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task},
        "Service": {"Type": "AWS::ECS::Service", "Properties": service},
    }
    return {"Resources": ground()["Resources"] | more}


def live(account: Account) -> tuple[int, int]:
    rules = account("elbv2").describe_rules(RuleArns=[account.physical_id("s", "Rule")])["Rules"]
    found = {g["TargetGroupArn"]: g["Weight"] for g in rules[0]["Actions"][0]["ForwardConfig"]["TargetGroups"]}
    return found[account.physical_id("s", "Blue")], found[account.physical_id("s", "Green")]


def targets(account: Account, group: str) -> int:
    health = account("elbv2").describe_target_health(TargetGroupArn=account.physical_id("s", group))
    return len(health["TargetHealthDescriptions"])


def newest(account: Account) -> dict[str, Any]:
    where = {"cluster": account.physical_id("s", "Cluster"), "service": account.physical_id("s", "Service")}
    return dict(account("ecs").list_service_deployments(**where)["serviceDeployments"][0])


def why(account: Account, status: str) -> str:
    """The reason that CloudFormation gives for what became of the service."""
    return next(reason for name, found, reason in account.events("s") if (name, found) == ("Service", status))


@pytest.fixture
def made(account: Account) -> Account:
    assert account.create("s", template())["StackStatus"] == "CREATE_COMPLETE"
    return account


def test_a_stack_waits_for_the_deployment_and_leaves_the_rules_alone(made: Account) -> None:
    assert (live(made), newest(made)["status"]) == ((0, 100), "SUCCESSFUL")
    assert made.update("s", template("public.ecr.aws/nginx:2"))["StackStatus"] == "UPDATE_COMPLETE"
    assert (live(made), newest(made)["status"]) == ((100, 0), "SUCCESSFUL")
    assert (targets(made, "Blue"), targets(made, "Green")) == (1, 0)
    assert made.statuses("s", "Rule") == ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert made.delete("s")["StackStatus"] == "DELETE_COMPLETE"


def test_a_rule_that_changes_springs_the_trap(made: Account) -> None:
    """Its template's weights come back with it: all requests go where no task is. https://github.com/aws/aws-cdk/issues/36649."""
    assert live(made) == (0, 100)
    assert made.update("s", template(path="/shop/*"))["StackStatus"] == "UPDATE_COMPLETE"
    assert (live(made), targets(made, "Blue")) == ((100, 0), 0)
    assert made.update("s", template("public.ecr.aws/nginx:2", path="/shop/*"))["StackStatus"] == "UPDATE_COMPLETE"
    assert (live(made), targets(made, "Blue")) == ((100, 0), 1)


def test_a_deployment_that_fails_takes_the_update_back(made: Account) -> None:
    before = newest(made)
    changed = template("public.ecr.aws/nginx:2", answers=("FAILED",))
    assert made.update("s", changed)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed" in why(made, "UPDATE_FAILED")
    after = newest(made)
    assert after["status"] == "ROLLBACK_SUCCESSFUL"
    assert after["serviceDeploymentArn"] != before["serviceDeploymentArn"]
    assert (live(made), targets(made, "Blue"), targets(made, "Green")) == ((0, 100), 0, 1)


def test_a_deployment_that_fails_at_once_takes_the_update_back(made: Account) -> None:
    groups = made.physical_id("s", "Blue"), made.physical_id("s", "Green")
    rule = made.physical_id("s", "Rule")
    made("elbv2").modify_rule(RuleArn=rule, Actions=[weighted(*groups, weights=(50, 50))])
    assert made.update("s", template("public.ecr.aws/nginx:2"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert newest(made)["status"] == "ROLLBACK_SUCCESSFUL"
    assert "but found 2 target groups" in why(made, "UPDATE_FAILED")
    assert (live(made), targets(made, "Green")) == ((50, 50), 1)


def test_tasks_that_do_not_start_take_the_update_back(made: Account) -> None:
    broken = image(made, "broken", exit_code="1")
    assert made.update("s", template(broken))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (live(made), targets(made, "Green")) == ((0, 100), 1)


def test_a_first_deployment_that_fails_takes_the_stack_back(account: Account) -> None:
    assert account.create("s", template(answers=("FAILED",)))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "lifecycle hook(s) failed" in why(account, "CREATE_FAILED")


@pytest.mark.parametrize(
    "said",
    [
        {"Strategy": "LINEAR", "LinearConfiguration": {"StepPercent": 11, "StepBakeTimeInMinutes": 220}},
        {"Strategy": "CANARY", "BakeTimeInMinutes": 541, "CanaryConfiguration": {"CanaryBakeTimeInMinutes": LONG}},
    ],
)
def test_more_than_33_hours(made: Account, said: dict[str, Any]) -> None:
    """Nine steps of 220 minutes, and one minute more."""
    assert made.update("s", template(**said))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "exceeds 33 hours" in why(made, "UPDATE_FAILED")


def test_an_update_that_is_cancelled(made: Account) -> None:
    """The old task definition is deployed anew, since the old settings come back with it."""
    before = described(made)["taskDefinition"]
    changed = json.dumps(template("public.ecr.aws/nginx:2", BakeTimeInMinutes=LONG))
    made.cloudformation.update_stack(StackName="s", TemplateBody=changed, Capabilities=CAPABILITIES)
    end = time.monotonic() + PATIENCE
    while live(made) != (100, 0) and time.monotonic() < end:
        time.sleep(0.02)
    made.cloudformation.cancel_update_stack(StackName="s")
    assert made.settled("s")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (newest(made)["status"], described(made)["taskDefinition"]) == ("SUCCESSFUL", before)
    assert (live(made), targets(made, "Blue"), targets(made, "Green")) == ((100, 0), 1, 0)
