"""Monitoring: what can be seen, and who hears of it."""

from __future__ import annotations

import json
import re
from typing import Any

from .contract import drop, promise, put, swap
from .resolved import Platform, allowed, sole

BODY = "monitoring/Dashboard/DashboardBody"
CLUSTER = "${cluster.Cluster}"
BALANCER = "${ingress.LoadBalancer.LoadBalancerFullName}"


def graphs(platform: Platform) -> list[dict[str, Any]]:
    """Every widget of the dashboard."""
    body = platform.only("AWS::CloudWatch::Dashboard", "monitoring")["DashboardBody"]
    found: list[dict[str, Any]] = [widget["properties"] for widget in json.loads(body)["widgets"]]
    return found


def searches(platform: Platform) -> set[tuple[str, ...]]:
    """What the dashboard searches for: namespace and dimensions, metric, of what, and the statistic."""
    pattern = r"SEARCH\('\{([^}]*)\} MetricName=\"(\w+)\" (\w+=\"[^\"]+\")', '(\w+)', 60\)"
    expressions = [row[0]["expression"] for graph in graphs(platform) for row in graph["metrics"] if len(row) == 1]
    return {found.groups() for text in expressions if (found := re.fullmatch(pattern, text))}


@promise(
    "monitoring",
    defects=[12],
    broken_by={
        "metrics that are empty on Fargate": swap(BODY, "ECS/ContainerInsights", "AWS/ECS"),
        "services without their dimension": swap(BODY, "{AWS/ECS,ClusterName,ServiceName}", "{AWS/ECS,ClusterName}"),
        "another cluster": swap(BODY, "${ClusterName}", "default"),
        "no CPU": swap(BODY, "CPUUtilization", "CPUReservation"),
        "no memory": swap(BODY, "MemoryUtilization", "MemoryReservation"),
        "no reserved memory": swap(BODY, "MemoryReserved", "MemoryReservation"),
        "no number of tasks": swap(BODY, "RunningTaskCount", "TaskCount"),
        "no requests": swap(BODY, "RequestCount", "RuleEvaluations"),
        "average latency": swap(BODY, "p99", "Average"),
        "no 4XX": swap(BODY, "4XX", "3XX"),
        "no 5XX": swap(BODY, "5XX", "3XX"),
        "the requests of another load balancer": swap(BODY, "${IngressLoadBalancerName}", "app/x/1"),
        "a wire to the wrong end": put("ingress/Outputs/LoadBalancerName/Value/Fn::GetAtt/1", "LoadBalancerName"),
        "another Region": swap(BODY, "${AWS::Region}", "us-east-1"),
        "no JSON": swap(BODY, '"widgets"', "widgets"),
    },
)
def test_the_dashboard_shows_what_has_data(platform: Platform) -> None:
    body = platform.only("AWS::CloudWatch::Dashboard", "monitoring")["DashboardBody"]
    assert body.lstrip().startswith('{\n  "widgets"')
    services, tasks = "AWS/ECS,ClusterName,ServiceName", "ECS/ContainerInsights,ClusterName,ServiceName"
    requests = "AWS/ApplicationELB,LoadBalancer,TargetGroup"
    cluster, balancer = f'ClusterName="{CLUSTER}"', f'LoadBalancer="{BALANCER}"'
    assert searches(platform) == {
        (services, "CPUUtilization", cluster, "Average"),
        (services, "MemoryUtilization", cluster, "Average"),
        (tasks, "RunningTaskCount", cluster, "Average"),
        (tasks, "DesiredTaskCount", cluster, "Average"),
        (requests, "RequestCount", balancer, "Sum"),
        (requests, "TargetResponseTime", balancer, "p99"),
        (requests, "HTTPCode_Target_4XX_Count", balancer, "Sum"),
        (requests, "HTTPCode_Target_5XX_Count", balancer, "Sum"),
    }
    plain = {tuple(row[:4]) for graph in graphs(platform) for row in graph["metrics"] if len(row) > 1}
    names = ("CpuUtilized", "CpuReserved", "MemoryUtilized", "MemoryReserved")
    assert plain == {("ECS/ContainerInsights", name, "ClusterName", CLUSTER) for name in names}
    assert {graph["region"] for graph in graphs(platform)} == {"${AWS::Region}"}


POLICY = "alerts/TopicPolicy/PolicyDocument/Statement"
KEY = "keys/AlertsKey/KeyPolicy/Statement"


@promise(
    "monitoring",
    defects=[12],
    broken_by={
        "an alarm that tells nobody": drop("service-payment/HighMemory/AlarmActions"),
        "an end that nobody hears of": drop("service-payment/HighMemory/OKActions"),
        "an alarm that tells somebody else": put(
            "root/ServicePayment/Parameters/AlertsTopicArn", {"Ref": "AWS::StackName"}
        ),
        "alarms may not publish": drop(f"{POLICY}/0"),
        "alarms of anybody may publish": drop(f"{POLICY}/0/Condition"),
        "events may not publish": drop(f"{POLICY}/1"),
        "a condition that EventBridge never meets": put(
            f"{POLICY}/1/Condition", {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        ),
        "no key": drop("alerts/Topic/KmsMasterKeyId"),
        "AWS's key for SNS": put("alerts/Topic/KmsMasterKeyId", "alias/aws/sns"),
        "alarms may not use the key": drop(f"{KEY}/1"),
        "events may not use the key": drop(f"{KEY}/2"),
        "events may only decrypt": put(f"{KEY}/2/Action", ["kms:Decrypt"]),
        "a condition of the key that EventBridge never meets": put(
            f"{KEY}/2/Condition", {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        ),
    },
)
def test_alarms_and_events_reach_the_encrypted_topic(platform: Platform) -> None:
    """EventBridge sends no source with what it publishes; alarms do."""
    for alarm in platform.properties("AWS::CloudWatch::Alarm").values():
        assert alarm.get("AlarmActions") == alarm.get("OKActions") == ["${alerts.Topic}"]
    policy = platform.only("AWS::SNS::TopicPolicy", "alerts")
    assert policy["Topics"] == ["${alerts.Topic}"]
    assert platform.only("AWS::SNS::Topic", "alerts").get("KmsMasterKeyId") == "${keys.AlertsKey.Arn}"
    key = platform.at("${keys.AlertsKey}")["Properties"]["KeyPolicy"]
    here = {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}}
    for service, condition in {"cloudwatch": here, "events": None}.items():
        for document, actions, resource in (
            (policy["PolicyDocument"], {"sns:Publish"}, "${alerts.Topic}"),
            (key, {"kms:Decrypt", "kms:GenerateDataKey*"}, "*"),
        ):
            principal = {"Service": f"{service}.amazonaws.com"}
            may = sole(each for each in allowed(document) if each["Principal"] == principal)
            assert (set(may["Action"]), may["Resource"]) == (actions, [resource])
            assert may.get("Condition") == condition


EVENTS = "monitoring/FailedDeployments"


@promise(
    "monitoring",
    defects=[12],
    broken_by={
        "nobody is told": drop(EVENTS),
        "told to somebody else": put(f"{EVENTS}/Targets/0/Arn", "arn:elsewhere"),
        "another event": put(f"{EVENTS}/EventPattern/detail/eventName", ["SERVICE_DEPLOYMENT_COMPLETED"]),
        "another kind of event": put(f"{EVENTS}/EventPattern/detail-type", ["ECS Task State Change"]),
        "services of another cluster": swap(f"{EVENTS}/EventPattern/resources", "${ClusterName}", "default"),
        "all services of the account": drop(f"{EVENTS}/EventPattern/resources"),
        "no circuit breaker, no event": put(
            "service-order/Service/DeploymentConfiguration/DeploymentCircuitBreaker/Enable", False
        ),
    },
)
def test_failed_deployments_are_told(platform: Platform) -> None:
    assert platform.all("AWS::Events::Rule", "monitoring")
    rule = platform.only("AWS::Events::Rule", "monitoring")
    services = f"arn:${{AWS::Partition}}:ecs:${{AWS::Region}}:${{AWS::AccountId}}:service/{CLUSTER}/"
    assert rule["EventPattern"] == {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change"],
        "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        "resources": [{"prefix": services}],
    }
    assert [target["Arn"] for target in rule["Targets"]] == ["${alerts.Topic}"]
    for runs in platform.properties("AWS::ECS::Service").values():
        assert runs["DeploymentConfiguration"]["DeploymentCircuitBreaker"]["Enable"]
