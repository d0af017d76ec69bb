"""Alarms: on which metrics, of what, and from when on."""

from __future__ import annotations

from typing import Any

from .contract import both, drop, promise, put, swap
from .resolved import Platform, sole

CLUSTER = "${cluster.Cluster}"
BALANCER = "${ingress.LoadBalancer.LoadBalancerFullName}"

TASKS = {"ClusterName", "ServiceName"}
TARGETS = {"LoadBalancer", "TargetGroup"}
ALARMS = {
    "TooFewTasks": ("ECS/ContainerInsights", "RunningTaskCount", TASKS, "Minimum", "LessThanThreshold", "breaching"),
    "HighMemory": ("AWS/ECS", "MemoryUtilization", TASKS, "Average", "GreaterThanThreshold", "notBreaching"),
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

COMPUTED = {
    "SlowRequests": ("GreaterThanThreshold", 5),
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
        "silence is fine": put("service-payment/TooFewTasks/TreatMissingData", "notBreaching"),
        "tasks that stop are alarming": put("service-payment/HighMemory/TreatMissingData", "breaching"),
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
            assert alarm["Statistic"] == statistic
            assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == (operator, missing)
            assert alarm["Threshold"] == THRESHOLDS.get(title, minimum)
            assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 5)


@promise(
    "monitoring",
    defects=[12],
    broken_by={
        "few errors are many": put("service-payment/FailedRequests/ComparisonOperator", "LessThanThreshold"),
        "nights without requests are alarming": put("service-payment/SlowRequests/TreatMissingData", "breaching"),
        "slow after 10 s": put("service-payment/SlowRequests/Threshold", 10),
        "once is enough": put("service-payment/SlowRequests/EvaluationPeriods", 1),
        "hour by hour": put("service-payment/AtMaximum/Metrics/1/MetricStat/Period", 3600),
        "no result": put("service-payment/AtMaximum/Metrics/0/ReturnData", False),
        "two results": put("service-payment/AtMaximum/Metrics/1/ReturnData", True),
        "no alarm for latency": drop("service-payment/SlowRequests"),
        "no alarm for errors": drop("service-payment/FailedRequests"),
        "no alarm at the maximum": drop("service-payment/AtMaximum"),
    },
)
def test_every_service_has_alarms_on_what_metrics_make_together(platform: Platform) -> None:
    for name in platform.services:
        alarms = platform.properties("AWS::CloudWatch::Alarm", f"service-{name}")
        for title, (operator, minutes) in COMPUTED.items():
            assert f"service-{name}.{title}" in alarms
            alarm = alarms[f"service-{name}.{title}"]
            assert (alarm["ComparisonOperator"], alarm["Threshold"]) == (operator, THRESHOLDS[title])
            assert (alarm["TreatMissingData"], alarm["EvaluationPeriods"]) == ("notBreaching", minutes)
            assert _math(alarm)


@promise(
    "monitoring",
    defects=[12],
    broken_by={
        "average latency": put("service-payment/SlowRequests/Metrics/1/MetricStat/Stat", "Average"),
        "the slowest request of all": put("service-payment/SlowRequests/Metrics/1/MetricStat/Stat", "Maximum"),
        "one slow request at night": put("service-payment/SlowRequests/Metrics/0/Expression", "slowest"),
        "only where a thousand ask": swap("service-payment/SlowRequests/Metrics/0", ">= 20", ">= 1000"),
        "requests on average, which is one": put("service-payment/SlowRequests/Metrics/2/MetricStat/Stat", "Average"),
        "requests of all services": drop("service-payment/SlowRequests/Metrics/2/MetricStat/Metric/Dimensions/1"),
        "latency of all services": drop("service-payment/SlowRequests/Metrics/1/MetricStat/Metric/Dimensions/1"),
        "a percentile that waits for a thousand requests": both(
            drop("service-payment/SlowRequests/Metrics"),
            put("service-payment/SlowRequests/ExtendedStatistic", "p99"),
        ),
        "errors of all services": drop("service-payment/FailedRequests/Metrics/1/MetricStat/Metric/Dimensions/1"),
        "errors on average": put("service-payment/FailedRequests/Metrics/1/MetricStat/Stat", "Average"),
        "client errors": put(
            "service-payment/FailedRequests/Metrics/1/MetricStat/Metric/MetricName", "HTTPCode_Target_4XX_Count"
        ),
        "a number, not a share": put("service-payment/FailedRequests/Metrics/0/Expression", "errors"),
        "no errors are no data": swap("service-payment/FailedRequests/Metrics/0", "FILL(errors, 0)", "errors"),
    },
)
def test_alarms_on_requests_wait_for_twenty_a_minute(platform: Platform) -> None:
    for name in platform.services:
        alarms = platform.properties("AWS::CloudWatch::Alarm", f"service-{name}")
        where = {key: dimensions(platform, name)[key] for key in TARGETS}
        requests = ("AWS/ApplicationELB", "RequestCount", "Sum", where)
        assert _math(alarms[f"service-{name}.SlowRequests"]) == (
            "IF(requests >= 20, slowest, 0)",
            {"slowest": ("AWS/ApplicationELB", "TargetResponseTime", "p99", where), "requests": requests},
        )
        assert _math(alarms[f"service-{name}.FailedRequests"]) == (
            "IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)",
            {"errors": ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", where), "requests": requests},
        )


@promise(
    "monitoring",
    defects=[12],
    broken_by={
        "at a maximum that it never reaches": swap(
            "service-payment/AtMaximum/Metrics/0", "running >=", "running > 1 +"
        ),
        "at another CPU than scaling aims at": swap("service-payment/AtMaximum/Metrics/0", "cpu > 70", "cpu > 99"),
        "an expression of metrics that are not there": swap("service-payment/AtMaximum/Metrics/1", "running", "tasks"),
        "tasks of the whole cluster": drop("service-payment/AtMaximum/Metrics/1/MetricStat/Metric/Dimensions/1"),
    },
)
def test_an_alarm_tells_when_a_service_cannot_grow_any_more(platform: Platform) -> None:
    for name in platform.services:
        stack = f"service-{name}"
        where = {key: dimensions(platform, name)[key] for key in TASKS}
        maximum = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", stack)["MaxCapacity"]
        policy = platform.only("AWS::ApplicationAutoScaling::ScalingPolicy", stack)
        aim = policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        alarms = platform.properties("AWS::CloudWatch::Alarm", stack)
        assert _math(alarms[f"{stack}.AtMaximum"]) == (
            f"IF(running >= {maximum} AND cpu > {aim}, 1, 0)",
            {
                "running": ("ECS/ContainerInsights", "RunningTaskCount", "Average", where),
                "cpu": ("AWS/ECS", "CPUUtilization", "Average", where),
            },
        )


@promise(
    "monitoring",
    broken_by={
        "a percentile": both(
            drop("service-payment/HighMemory/Statistic"), put("service-payment/HighMemory/ExtendedStatistic", "p99")
        ),
        "a percentile of the load balancer": put("ingress/FailedRequests/ExtendedStatistic", "p99"),
        "a percentile where none can stand": put("ingress/FailedRequests/Statistic", "p99"),
    },
)
def test_no_alarm_is_on_a_percentile_alone(platform: Platform) -> None:
    """CloudWatch would leave an alarm on p99 as it is below 1,000 requests, or let a single one decide.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
    """
    for alarm in platform.properties("AWS::CloudWatch::Alarm").values():
        assert "ExtendedStatistic" not in alarm
        assert alarm.get("Statistic", "Sum") in {"Average", "Maximum", "Minimum", "Sum"}


def _math(alarm: Any) -> tuple[str, dict[str, tuple[Any, ...]]]:
    """The expression of an alarm, and what each name in it measures."""
    assert "Metrics" in alarm
    result = sole(query for query in alarm["Metrics"] if query["ReturnData"])
    measured = {}
    for query in alarm["Metrics"]:
        if query is not result:
            metric = query["MetricStat"]["Metric"]
            assert query["MetricStat"]["Period"] == 60
            statistic = query["MetricStat"]["Stat"]
            measured[query["Id"]] = (metric["Namespace"], metric["MetricName"], statistic, given(metric))
    return result["Expression"], measured
