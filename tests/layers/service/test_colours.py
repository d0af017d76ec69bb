"""Two colours: every rule knows both, and nothing that ECS moves is counted in one alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tapgen.parse import parse

GOLDEN = Path(__file__).parents[2] / "golden" / "platforms"
EVERY = [parse(path.read_text()) for path in sorted(GOLDEN.glob("*/templates_out/*/service-*.yaml"))]
COLOURED = [body for body in EVERY if "ProductionRule" in body["Resources"]]
OTHERS = [body for body in EVERY if "TargetGroup" in body["Resources"] and body not in COLOURED]
GROUPS = ("TargetGroup", "AlternateTargetGroup")


def test_there_are_some_of_each() -> None:
    strategies = {strategy(body) for body in EVERY}
    assert strategies == {"ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"}
    assert {strategy(body) for body in COLOURED} == {"BLUE_GREEN", "CANARY"}
    assert len(OTHERS) > 10


def properties(body: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = body["Resources"][name]["Properties"]
    return found


def strategy(body: dict[str, Any]) -> str:
    return str(properties(body, "Service")["DeploymentConfiguration"]["Strategy"])


def forwards(body: dict[str, Any], rule: str, *, green: bool) -> dict[str, int]:
    """The weights of a rule, by group, while a colour is live."""
    (action,) = properties(body, rule)["Actions"]
    assert action.keys() == {"Type", "ForwardConfig"}, "nothing but a forward"
    tuples = action["ForwardConfig"]["TargetGroups"]
    weights = {}
    for each in tuples:
        condition, then, otherwise = each["Weight"]["Fn::If"]
        assert condition == "GreenIsLive"
        weights[each["TargetGroupArn"]["Ref"]] = int(then if green else otherwise)
    return weights


@pytest.mark.parametrize("body", COLOURED)
@pytest.mark.parametrize("rule", ["ProductionRule", "TestRule"])
def test_every_rule_leads_to_both_groups_and_one_of_them_has_everything(body: dict[str, Any], rule: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html."""
    (parameter,) = [name for name in body["Parameters"] if name.startswith("LiveColor")]
    assert body["Conditions"] == {"GreenIsLive": {"Fn::Equals": [{"Ref": parameter}, "green"]}}
    assert forwards(body, rule, green=False) == {"TargetGroup": 100, "AlternateTargetGroup": 0}
    assert forwards(body, rule, green=True) == {"TargetGroup": 0, "AlternateTargetGroup": 100}


@pytest.mark.parametrize("body", COLOURED)
def test_ecs_is_told_of_both_groups_and_rules_and_may_move_no_others(body: dict[str, Any]) -> None:
    (balancer,) = properties(body, "Service")["LoadBalancers"]
    moved = balancer["AdvancedConfiguration"]
    assert balancer["TargetGroupArn"] == {"Ref": "TargetGroup"}
    assert moved["AlternateTargetGroupArn"] == {"Ref": "AlternateTargetGroup"}
    assert (moved["ProductionListenerRule"], moved["TestListenerRule"]) == (
        {"Ref": "ProductionRule"},
        {"Ref": "TestRule"},
    )
    assert moved["RoleArn"] == {"Fn::GetAtt": ["InfrastructureRole", "Arn"]}
    role = properties(body, "InfrastructureRole")
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "ecs.amazonaws.com"}
    statements = {each["Sid"]: each for each in role["Policies"][0]["PolicyDocument"]["Statement"]}
    assert statements["MoveRequests"]["Resource"] == [{"Ref": "ProductionRule"}, {"Ref": "TestRule"}]
    assert statements["PutTasksIn"]["Resource"] == [{"Ref": each} for each in GROUPS]
    everywhere = [each for each in statements.values() if "*" in each["Resource"]]
    assert all(action.startswith("elasticloadbalancing:Describe") for each in everywhere for action in each["Action"])


@pytest.mark.parametrize("body", COLOURED)
def test_both_rules_are_for_the_same_requests_on_listeners_of_their_own(body: dict[str, Any]) -> None:
    production, test = properties(body, "ProductionRule"), properties(body, "TestRule")
    same = {"Priority", "Conditions", "Transforms", "Actions"}
    assert {key: production.get(key) for key in same} == {key: test.get(key) for key in same}
    assert production["ListenerArn"] != test["ListenerArn"]


@pytest.mark.parametrize("body", COLOURED)
def test_both_groups_are_alike(body: dict[str, Any]) -> None:
    blue, green = (properties(body, group) for group in GROUPS)
    assert blue == green


def measured(node: Any) -> list[str]:
    """The target groups that a metric speaks of, anywhere in *node*."""
    match node:
        case {"Name": "TargetGroup", "Value": {"Fn::GetAtt": [group, "TargetGroupFullName"]}}:
            return [group]
        case dict():
            return [group for each in node.values() for group in measured(each)]
        case list():
            return [group for each in node for group in measured(each)]
    return []


@pytest.mark.parametrize("body", COLOURED)
def test_alarms_take_a_version_back_whichever_colour_it_has_and_name_no_service(body: dict[str, Any]) -> None:
    """A dimension that named the service would make a circle: it names its alarms."""
    alarms = properties(body, "Service")["DeploymentConfiguration"]["Alarms"]
    assert (alarms["Enable"], alarms["Rollback"]) == (True, True)
    names = [each["Ref"] for each in alarms["AlarmNames"]]
    assert names == ["SlowRequests", "FailedRequests", "UnhealthyTasks"]
    for name in names:
        found = measured(properties(body, name))
        assert {group: found.count(group) for group in GROUPS} == dict.fromkeys(GROUPS, len(found) // 2)
        assert found
        assert "Service" not in str(properties(body, name)["Metrics"])
        result, *_ = properties(body, name)["Metrics"]
        assert result["Expression"] == "MAX([blue, green])"


@pytest.mark.parametrize("body", [body for body in COLOURED if "RequestScaling" in body["Resources"]])
def test_scaling_counts_the_requests_of_both(body: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html."""
    said = properties(body, "RequestScaling")["TargetTrackingScalingPolicyConfiguration"]
    metrics = said["CustomizedMetricSpecification"]["Metrics"]
    assert sorted(measured(metrics)) == sorted(GROUPS)
    assert metrics[0]["Expression"] == "FILL(blue, 0) + FILL(green, 0)"


@pytest.mark.parametrize("body", COLOURED)
def test_a_new_version_is_asked_what_smoke_asks(body: dict[str, Any]) -> None:
    (hook,) = properties(body, "Service")["DeploymentConfiguration"]["LifecycleHooks"]
    assert hook["LifecycleStages"] == ["POST_TEST_TRAFFIC_SHIFT"]
    details = hook["HookDetails"]
    secure = details["scheme"] == "https"
    assert (details["port"], details["scheme"]) == ((8443, "https") if secure else (8080, "http"))
    if "api" in str(properties(body, "ProductionRule")["Conditions"]):
        wanted = {"paths": ["/api/ready"], "statuses": [204], "times": 20, "seconds": 0.5, "host": "api.example.com"}
        assert {key: details[key] for key in wanted} == wanted


@pytest.mark.parametrize("body", OTHERS)
def test_a_rolling_service_has_nothing_of_it(body: dict[str, Any]) -> None:
    assert "InfrastructureRole" not in body["Resources"]
    assert "Conditions" not in body
    said = properties(body, "Service")["DeploymentConfiguration"]
    assert said["Strategy"] != "ROLLING" or said.keys().isdisjoint({"Alarms", "LifecycleHooks", "BakeTimeInMinutes"})
