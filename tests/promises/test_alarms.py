"""Alarms: on which metrics, of what, and from when on."""

from __future__ import annotations

from typing import Any

from .contract import drop, promise, put, swap
from .resolved import Platform, sole

CLUSTER = "${cluster.Cluster}"
BALANCER = "${ingress.LoadBalancer.LoadBalancerFullName}"

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

SHARES = {
    "FailedRequests": ("GreaterThanThreshold", 5),
    "AtMaximum": ("GreaterThanOrEqualToThreshold", 10),
}
"""Every alarm on what several metrics make together: comparison, and minutes."""

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
        "after an hour": put("service-payment/TooFewTasks/EvaluationPeriods", 60),
        "every hour": put("service-payment/TooFewTasks/Period", 3600),
        "one slow request at night": drop("service-payment/SlowRequests/EvaluateLowSampleCountPercentile"),
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
            assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 5)
            assert alarm.get("EvaluateLowSampleCountPercentile") == ("ignore" if statistic == "p99" else None)


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
        "few errors are many": put("service-payment/FailedRequests/ComparisonOperator", "LessThanThreshold"),
        "hour by hour": put("service-payment/AtMaximum/Metrics/1/MetricStat/Period", 3600),
        "two results": put("service-payment/AtMaximum/Metrics/1/ReturnData", True),
    },
)
def test_every_service_has_alarms_on_its_share_of_errors_and_at_its_maximum(platform: Platform) -> None:
    for name in platform.services:
        stack = f"service-{name}"
        alarms, where = platform.properties("AWS::CloudWatch::Alarm", stack), dimensions(platform, name)
        for title, (operator, minutes) in SHARES.items():
            assert f"{stack}.{title}" in alarms
            alarm = alarms[f"{stack}.{title}"]
            assert (alarm["ComparisonOperator"], alarm["Threshold"]) == (operator, THRESHOLDS[title])
            assert (alarm["TreatMissingData"], alarm["EvaluationPeriods"]) == ("notBreaching", minutes)
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
            assert query["MetricStat"]["Period"] == 60
            statistic = query["MetricStat"]["Stat"]
            measured[query["Id"]] = (metric["Namespace"], metric["MetricName"], statistic, given(metric))
    return result["Expression"], measured
