"""Monitoring: what can be seen, and who hears of it."""

from __future__ import annotations

import json
import re
from typing import Any

from .contract import drop, promise, put, swap
from .resolved import Platform, sole

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


TASKS = {"ClusterName", "ServiceName"}
TARGETS = {"LoadBalancer", "TargetGroup"}
ALARMS = {
    "TooFewTasks": ("ECS/ContainerInsights", "RunningTaskCount", TASKS, "Minimum", "LessThanThreshold", "breaching"),
    "HighMemory": ("AWS/ECS", "MemoryUtilization", TASKS, "Average", "GreaterThanThreshold", "notBreaching"),
    "SlowRequests": (
        "AWS/ApplicationELB",
        "TargetResponseTime",
        TARGETS,
        "p99",
        "GreaterThanThreshold",
        "notBreaching",
    ),
    "UnhealthyTasks": (
        "AWS/ApplicationELB",
        "UnHealthyHostCount",
        TARGETS,
        "Maximum",
        "GreaterThanThreshold",
        "notBreaching",
    ),
}
"""Every alarm on one metric: namespace, metric, dimensions, statistic, comparison, and what silence means."""

THRESHOLDS = {"HighMemory": 90, "SlowRequests": 1, "UnhealthyTasks": 0, "FailedRequests": 5, "AtMaximum": 1}


def dimensions(platform: Platform, service: str) -> dict[str, str]:
    """What the metrics of a service are found by."""
    stack = f"service-{service}"
    return {
        "ClusterName": CLUSTER,
        "ServiceName": f"${{{stack}.Service.Name}}",
        "LoadBalancer": BALANCER,
        "TargetGroup": f"${{{stack}.TargetGroup.TargetGroupFullName}}",
    }


def given(metric: Any) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in metric["Dimensions"]}


@promise(
    "monitoring",
    defects=[12],
    broken_by={
        "no alarm for tasks": drop("service-payment/TooFewTasks"),
        "no alarm for latency": drop("service-payment/SlowRequests"),
        "average latency": swap("service-payment/SlowRequests/ExtendedStatistic", "p99", "p50"),
        "silence is fine": put("service-payment/TooFewTasks/TreatMissingData", "notBreaching"),
        "nights without requests are alarming": put("service-payment/SlowRequests/TreatMissingData", "breaching"),
        "too few by one": put("service-payment/TooFewTasks/Threshold", 0),
        "too many are too few": put("service-payment/TooFewTasks/ComparisonOperator", "GreaterThanThreshold"),
        "metrics of another namespace": put("service-payment/TooFewTasks/Namespace", "AWS/ECS"),
        "tasks of the whole cluster": drop("service-payment/TooFewTasks/Dimensions/1"),
        "the ARN of the service, not its name": put(
            "service-payment/TooFewTasks/Dimensions/1/Value", {"Ref": "Service"}
        ),
        "the ARN of the target group": put("service-payment/UnhealthyTasks/Dimensions/1/Value", {"Ref": "TargetGroup"}),
        "half of the memory": put("service-payment/HighMemory/Threshold", 50),
    },
)
def test_every_service_has_alarms_on_metrics_that_exist(platform: Platform) -> None:
    for name in platform.services:
        alarms = platform.properties("AWS::CloudWatch::Alarm", f"service-{name}")
        where = dimensions(platform, name)
        minimum = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", f"service-{name}")["MinCapacity"]
        for title, (namespace, metric, names, statistic, operator, missing) in ALARMS.items():
            assert f"service-{name}.{title}" in alarms
            alarm = alarms[f"service-{name}.{title}"]
            assert (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
            assert given(alarm) == {key: where[key] for key in names}
            assert (alarm.get("Statistic") or alarm["ExtendedStatistic"]) == statistic
            assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == (operator, missing)
            assert alarm["Threshold"] == THRESHOLDS.get(title, minimum)


@promise(
    "monitoring",
    defects=[12],
    broken_by={
        "no alarm for errors": drop("service-payment/FailedRequests"),
        "errors of all services": drop("service-payment/FailedRequests/Metrics/1/MetricStat/Metric/Dimensions/1"),
        "errors on average": put("service-payment/FailedRequests/Metrics/1/MetricStat/Stat", "Average"),
        "client errors": put(
            "service-payment/FailedRequests/Metrics/1/MetricStat/Metric/MetricName", "HTTPCode_Target_4XX_Count"
        ),
        "a number, not a share": put("service-payment/FailedRequests/Metrics/0/Expression", "errors"),
        "no errors are no data": swap("service-payment/FailedRequests/Metrics/0", "FILL(errors, 0)", "errors"),
        "no alarm at the maximum": drop("service-payment/AtMaximum"),
        "at a maximum that it never reaches": swap(
            "service-payment/AtMaximum/Metrics/0", "running >=", "running > 1 +"
        ),
        "at another CPU than scaling aims at": swap("service-payment/AtMaximum/Metrics/0", "cpu > 70", "cpu > 99"),
        "an expression of metrics that are not there": swap("service-payment/AtMaximum/Metrics/1", "running", "tasks"),
        "no result": put("service-payment/AtMaximum/Metrics/0/ReturnData", False),
        "two results": put("service-payment/AtMaximum/Metrics/1/ReturnData", True),
    },
)
def test_every_service_has_alarms_on_its_share_of_errors_and_at_its_maximum(platform: Platform) -> None:
    for name in platform.services:
        stack = f"service-{name}"
        alarms, where = platform.properties("AWS::CloudWatch::Alarm", stack), dimensions(platform, name)
        for title in ("FailedRequests", "AtMaximum"):
            assert f"{stack}.{title}" in alarms
            assert alarms[f"{stack}.{title}"]["Threshold"] == THRESHOLDS[title]
            assert alarms[f"{stack}.{title}"]["TreatMissingData"] == "notBreaching"
        expression, measured = _math(alarms[f"{stack}.FailedRequests"])
        assert expression == "IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)"
        assert measured == {
            "errors": ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", {key: where[key] for key in TARGETS}),
            "requests": ("AWS/ApplicationELB", "RequestCount", "Sum", {key: where[key] for key in TARGETS}),
        }
        maximum = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", stack)["MaxCapacity"]
        policy = platform.only("AWS::ApplicationAutoScaling::ScalingPolicy", stack)
        aim = policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        expression, measured = _math(alarms[f"{stack}.AtMaximum"])
        assert expression == f"IF(running >= {maximum} AND cpu > {aim}, 1, 0)"
        assert measured == {
            "running": ("ECS/ContainerInsights", "RunningTaskCount", "Average", {key: where[key] for key in TASKS}),
            "cpu": ("AWS/ECS", "CPUUtilization", "Average", {key: where[key] for key in TASKS}),
        }


def _math(alarm: Any) -> tuple[str, dict[str, tuple[Any, ...]]]:
    """The expression of an alarm, and what each name in it measures."""
    result = sole(query for query in alarm["Metrics"] if query["ReturnData"])
    measured = {}
    for query in alarm["Metrics"]:
        if query is not result:
            metric = query["MetricStat"]["Metric"]
            statistic = query["MetricStat"]["Stat"]
            measured[query["Id"]] = (metric["Namespace"], metric["MetricName"], statistic, given(metric))
    return result["Expression"], measured


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
    key = platform.at(platform.only("AWS::SNS::Topic", "alerts").get("KmsMasterKeyId", ""))["Properties"]["KeyPolicy"]
    here = {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}}
    for service, condition in {"cloudwatch": here, "events": None}.items():
        for statements, actions in (
            (policy["PolicyDocument"]["Statement"], {"sns:Publish"}),
            (key["Statement"], {"kms:Decrypt", "kms:GenerateDataKey*"}),
        ):
            allowed = sole(each for each in statements if each["Principal"] == {"Service": f"{service}.amazonaws.com"})
            assert set(allowed["Action"]) == actions
            assert allowed.get("Condition") == condition


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
    for service in platform.properties("AWS::ECS::Service").values():
        assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"]["Enable"]
