"""What a job is made of, beside what it has in common with services."""

from __future__ import annotations

import json
from typing import Any

import pytest
from troposphere import Template, iam

from tapgen.config.environment import Environment
from tapgen.parts.policies import document
from tapgen.parts.rights import deploy
from tapgen.platform import assemble


def templates(**job: Any) -> dict[str, Any]:
    said = {"platform": "shop", "name": "dev", "account": "1" * 12, "region": "eu-west-1"}
    services = {"order": {"name": "order"}}
    return assemble(
        Environment.model_validate({**said, "services": services, "jobs": {"j": job | {"name": "j"}}})
    ).templates()


def resources(**job: Any) -> dict[str, Any]:
    found: dict[str, Any] = templates(**job)["job-j"]["Resources"]
    return found


SCHEDULED = {"schedule": "rate(1 hour)"}


def test_without_a_schedule_nothing_is_there_that_starts_it() -> None:
    kept = {"LogGroup", "ExecutionRole", "TaskRole", "TaskDefinition", "FailedRuns"}
    assert set(resources()) == kept
    assert set(resources(**SCHEDULED)) - kept == {
        *("Schedule", "ScheduleGroup", "SchedulerRole"),
        *("DeadLetters", "DeadLettersPolicy", "StartsFailed"),
    }


def test_the_schedule_starts_the_revision_that_was_reviewed_with_what_the_file_says() -> None:
    said = {**SCHEDULED, "timezone": "Europe/Berlin", "flexible": 5, "retries": 2, "max_age": 60, "enabled": False}
    schedule = resources(**said, spot=True)["Schedule"]["Properties"]
    target = schedule["Target"]
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == ("rate(1 hour)", "Europe/Berlin")
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    assert schedule["State"] == "DISABLED"
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 2}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    parameters = target["EcsParameters"]
    assert parameters["TaskDefinitionArn"] == {"Ref": "TaskDefinition"}
    assert parameters["CapacityProviderStrategy"] == [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]
    network = parameters["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert network["SecurityGroups"] == [{"Ref": "FirewallJobGroupIdsJ"}]


def test_the_role_of_the_schedule_may_start_this_job_and_nothing_else() -> None:
    role = resources(**SCHEDULED)["SchedulerRole"]["Properties"]
    start, tag, hand, keep = role["Policies"][0]["PolicyDocument"]["Statement"]
    ecs = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"
    cluster = {"Fn::Sub": f"{ecs}:cluster/${{ClusterName}}"}
    assert start["Action"] == ["ecs:RunTask"]
    assert start["Resource"] == [{"Fn::Sub": f"{ecs}:task-definition/${{AWS::StackName}}:*"}]
    assert start["Condition"] == {"ArnEquals": {"ecs:cluster": cluster}}
    assert tag["Condition"] == {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    assert hand["Resource"] == [{"Fn::GetAtt": [role, "Arn"]} for role in ("ExecutionRole", "TaskRole")]
    assert hand["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert keep["Resource"] == [{"Fn::GetAtt": ["DeadLetters", "Arn"]}]
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Condition"]["ArnLike"] == {"aws:SourceArn": {"Fn::Sub": "${ScheduleGroup.Arn}"}}
    assert resources()["TaskDefinition"]["Properties"]["Family"] == {"Ref": "AWS::StackName"}


def test_dead_letters_are_encrypted_and_somebody_hears_of_them() -> None:
    found = resources(**SCHEDULED)
    assert found["DeadLetters"]["Properties"]["SqsManagedSseEnabled"] is True
    (refused,) = found["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (refused["Effect"], refused["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    alarm = found["StartsFailed"]["Properties"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["AlarmActions"] == [{"Ref": "AlertsTopicArn"}]


EVENT: dict[str, Any] = {"lastStatus": "STOPPED", "group": "family:", "containers": [{"name": "app", "exitCode": 0}]}


def matches(pattern: Any, event: Any) -> bool:
    """As EventBridge does: all of a mapping, any of a list, and for lists of objects, one object as a whole.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    if isinstance(pattern, dict):
        others = pattern.get("$or")
        rest = {key: each for key, each in pattern.items() if key != "$or"}
        here = all(
            any(matches(each, item) for item in (event[key] if isinstance(event[key], list) else [event[key]]))
            for key, each in rest.items()
            if key in event
        )
        either = others is None or any(matches(each, event) for each in others)
        return here and rest.keys() <= event.keys() and either
    return any(_is(each, event) for each in pattern)


def _is(pattern: Any, value: Any) -> bool:
    return value not in pattern["anything-but"] if isinstance(pattern, dict) else bool(pattern == value)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({}, False),
        ({"containers": [{"name": "app", "exitCode": 3}]}, True),
        ({"containers": [{"name": "app", "exitCode": 0}, {"name": "proxy", "exitCode": 137}]}, False),
        ({"containers": [{"name": "app"}], "stopCode": "TaskFailedToStart"}, True),
        ({"stopCode": "SpotInterruption"}, True),
        ({"stopCode": "EssentialContainerExited"}, False),
        ({"containers": [{"name": "app", "exitCode": 3}], "lastStatus": "RUNNING"}, False),
        ({"containers": [{"name": "app", "exitCode": 3}], "group": "service:order"}, False),
    ],
)
def test_whoever_hears_of_failed_runs_hears_of_nothing_else(event: dict[str, Any], told: bool) -> None:
    detail = resources()["FailedRuns"]["Properties"]["EventPattern"]["detail"]
    assert detail["group"] == [{"Fn::Sub": "family:${AWS::StackName}"}]
    assert matches({**detail, "group": ["family:"]}, EVENT | event) is told


def test_nobody_can_connect_to_a_job() -> None:
    firewall = templates(egress=[{"cidr": "10.1.0.0/16", "port": 5432}])["firewall"]["Resources"]
    group = firewall["JGroup"]["Properties"]
    assert "SecurityGroupIngress" not in group
    assert [(way["CidrIp"], way["ToPort"]) for way in group["SecurityGroupEgress"]] == [("10.1.0.0/16", 5432)]
    assert not [each for each in firewall.values() if each["Type"].endswith("Ingress") and "JGroup" in str(each)]


@pytest.mark.parametrize(("image", "command"), [(None, "python3"), ("ghcr.io/example/j:1", "migrate")])
def test_a_job_without_an_image_does_nothing_and_succeeds(image: str | None, command: str) -> None:
    (container,) = resources(image=image, command=["migrate"])["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert container["Command"][0] == command


def test_whoever_deploys_may_run_the_jobs_of_the_environment_alone() -> None:
    template = Template()
    policy = document(*deploy.jobs("shop-dev", "/shop/dev/", "shop-dev-*"))
    template.add_resource(iam.ManagedPolicy("Policy", PolicyDocument=policy))
    written = json.loads(template.to_json())["Resources"]["Policy"]["Properties"]["PolicyDocument"]
    start, stop, tag, hand = written["Statement"]
    ecs = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"
    assert (start["Action"], start["Resource"]) == (
        ["ecs:RunTask"],
        [{"Fn::Sub": f"{ecs}:task-definition/shop-dev-Job*"}],
    )
    assert (stop["Action"], stop["Resource"]) == (["ecs:StopTask"], [{"Fn::Sub": f"{ecs}:task/shop-dev-*/*"}])
    assert tag["Condition"] == {"StringEquals": {"ecs:CreateAction": ["RunTask"]}}
    assert hand["Resource"] == [{"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/shop/dev/*"}]
    assert hand["Condition"] == {"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}}
