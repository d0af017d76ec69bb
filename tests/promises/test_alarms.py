"""Alarms: on which metrics, of what, and from when on."""

from __future__ import annotations

from .contract import both, drop, promise, put, swap
from .resolved import Platform
from .watching import OF_TARGETS, metric, of_targets, watched

OF_TASKS = {
    "TooFewTasks": ("ECS/ContainerInsights", "RunningTaskCount", "Minimum"),
    "HighMemory": ("AWS/ECS", "MemoryUtilization", "Average"),
}
"""The alarms on what ECS sees of the tasks of a service: namespace, metric and statistic."""

ALARMS = {
    "TooFewTasks": ("LessThanThreshold", "breaching"),
    "HighMemory": ("GreaterThanThreshold", "notBreaching"),
    "UnhealthyTasks": ("GreaterThanThreshold", "notBreaching"),
}
"""Every alarm on one metric: comparison, and what silence means."""

COMPUTED = {
    "SlowRequests": ("GreaterThanThreshold", 5),
    "FailedRequests": ("GreaterThanThreshold", 5),
    "AtMaximum": ("GreaterThanOrEqualToThreshold", 10),
}
"""Every alarm on what several metrics make together: comparison, and minutes."""

THRESHOLDS = {"HighMemory": 90, "SlowRequests": 1, "UnhealthyTasks": 0, "FailedRequests": 5, "AtMaximum": 1}


SLOW = "service-payment/SlowRequests/Metrics"
FAILED = "service-payment/FailedRequests/Metrics"


def of_tasks(service: str, namespace: str, name: str, statistic: str) -> str:
    """What is watched of the tasks of a service."""
    where = {"ClusterName": "${cluster.Cluster}", "ServiceName": f"${{service-{service}.Service.Name}}"}
    return metric(namespace, name, statistic, where)


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
        "another name of the target group": swap(
            "service-payment/UnhealthyTasks", "TargetGroupFullName", "TargetGroupName"
        ),
        "tasks that are healthy": swap("service-payment/UnhealthyTasks", "UnHealthyHostCount", "HealthyHostCount"),
        "after an hour": put("service-payment/TooFewTasks/EvaluationPeriods", 60),
        "every hour": put("service-payment/TooFewTasks/Period", 3600),
        "half of the memory": put("service-payment/HighMemory/Threshold", 50),
    },
)
def test_every_service_has_alarms_on_metrics_that_exist(platform: Platform) -> None:
    for name in platform.services:
        alarms = platform.properties("AWS::CloudWatch::Alarm", f"service-{name}")
        minimum = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", f"service-{name}")["MinCapacity"]
        for title, (operator, missing) in ALARMS.items():
            assert f"service-{name}.{title}" in alarms
            alarm = alarms[f"service-{name}.{title}"]
            if title in OF_TASKS:
                assert watched(alarm) == of_tasks(name, *OF_TASKS[title])
            else:
                assert watched(alarm) == of_targets(platform, name, OF_TARGETS[title])
            assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == (operator, missing)
            assert alarm["Threshold"] == THRESHOLDS.get(title, minimum)
            assert alarm["EvaluationPeriods"] == 5


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
            assert watched(alarm)


@promise(
    "monitoring",
    defects=[12],
    broken_by={
        "average latency": put(f"{SLOW}/slowest|blue_slowest/MetricStat/Stat", "Average"),
        "the slowest request of all": put(f"{SLOW}/slowest|blue_slowest/MetricStat/Stat", "Maximum"),
        "one slow request at night": swap(SLOW, ">= 20", ">= 1"),
        "only where a thousand ask": swap(SLOW, ">= 20", ">= 1000"),
        "requests on average, which is one": put(f"{SLOW}/requests|blue_requests/MetricStat/Stat", "Average"),
        "requests of all services": drop(f"{SLOW}/requests|blue_requests/MetricStat/Metric/Dimensions/TargetGroup"),
        "latency of all services": drop(f"{SLOW}/slowest|blue_slowest/MetricStat/Metric/Dimensions/TargetGroup"),
        "a percentile that waits for a thousand requests": both(
            drop(SLOW), put("service-payment/SlowRequests/ExtendedStatistic", "p99")
        ),
        "errors of all services": drop(f"{FAILED}/errors|blue_errors/MetricStat/Metric/Dimensions/TargetGroup"),
        "errors on average": put(f"{FAILED}/errors|blue_errors/MetricStat/Stat", "Average"),
        "client errors": swap(FAILED, "5XX", "4XX"),
        "a number, not a share": swap(FAILED, " / ", " + 0 * "),
        "a share of one, not of a hundred": swap(FAILED, "100 * ", ""),
        "no errors are no data": both(
            swap(FAILED, "FILL(errors, 0)", "errors"), swap(FAILED, "FILL(blue_errors, 0)", "blue_errors")
        ),
    },
)
def test_alarms_on_requests_wait_for_twenty_a_minute(platform: Platform) -> None:
    for name in platform.services:
        alarms = platform.properties("AWS::CloudWatch::Alarm", f"service-{name}")
        for title in ("SlowRequests", "FailedRequests"):
            assert watched(alarms[f"service-{name}.{title}"]) == of_targets(platform, name, OF_TARGETS[title])


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
        maximum = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", stack)["MaxCapacity"]
        policy = platform.only("AWS::ApplicationAutoScaling::ScalingPolicy", stack)
        aim = policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        alarms = platform.properties("AWS::CloudWatch::Alarm", stack)
        running = of_tasks(name, "ECS/ContainerInsights", "RunningTaskCount", "Average")
        cpu = of_tasks(name, "AWS/ECS", "CPUUtilization", "Average")
        assert watched(alarms[f"{stack}.AtMaximum"]) == f"IF({running} >= {maximum} AND {cpu} > {aim}, 1, 0)"


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
