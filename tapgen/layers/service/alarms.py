"""The alarms of a service. `docs/alarms.md` is their table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from troposphere import AWSHelperFn, Template, cloudwatch

from tapgen.config.service import Service
from tapgen.kinds import Text
from tapgen.layers.service.routing import Route


@dataclass(frozen=True)
class Threshold:
    """When a metric is bad enough: so, for so many minutes in a row."""

    operator: str
    value: float
    minutes: int
    missing: str = "notBreaching"
    """What a minute without data counts as. Metrics of requests have none while there are no requests."""


@dataclass(frozen=True)
class Watched:
    """What the metrics of a service are found by."""

    cluster: Text
    service: Text
    route: Route | None

    @property
    def tasks(self) -> dict[str, AWSHelperFn]:
        """The dimensions of ECS and Container Insights."""
        return {"ClusterName": self.cluster, "ServiceName": self.service}

    @property
    def targets(self) -> dict[str, AWSHelperFn]:
        """The dimensions of the load balancer's metrics about one target group."""
        if not self.route:
            raise ValueError("a service without a route has no metrics of a load balancer")
        return {
            "LoadBalancer": self.route.load_balancer_name,
            "TargetGroup": self.route.target_group.get_att("TargetGroupFullName"),
        }


def watch(template: Template, config: Service, watched: Watched, topic: Text) -> None:
    """Add every alarm that the service can have; all tell *topic* when they begin and when they end."""
    for alarm in (*_of_tasks(config, watched), *(_of_requests(config, watched) if watched.route else ())):
        alarm.AlarmActions = alarm.OKActions = [topic]
        template.add_resource(alarm)


def _of_tasks(config: Service, watched: Watched) -> Iterator[cloudwatch.Alarm]:
    yield _alarm(
        "TooFewTasks",
        f"Fewer than {config.tasks.min} tasks of {config.name} are running.",
        _metric("ECS/ContainerInsights", "RunningTaskCount", watched.tasks, "Minimum"),
        # No task, no metric: silence is the worst news.
        Threshold("LessThanThreshold", config.tasks.min, minutes=5, missing="breaching"),
    )
    yield _alarm(
        "HighMemory",
        f"Tasks of {config.name} use more than {config.alarms.memory} % of their memory.",
        _metric("AWS/ECS", "MemoryUtilization", watched.tasks, "Average"),
        Threshold("GreaterThanThreshold", config.alarms.memory, minutes=5),
    )
    yield _alarm(
        "AtMaximum",
        f"{config.name} runs {config.tasks.max} tasks, cannot add more, and its CPU is above {config.scaling.cpu} %.",
        _math(
            f"IF(running >= {config.tasks.max} AND cpu > {config.scaling.cpu}, 1, 0)",
            _query("running", _metric("ECS/ContainerInsights", "RunningTaskCount", watched.tasks, "Average")),
            _query("cpu", _metric("AWS/ECS", "CPUUtilization", watched.tasks, "Average")),
        ),
        Threshold("GreaterThanOrEqualToThreshold", 1, minutes=10),
    )


def _of_requests(config: Service, watched: Watched) -> Iterator[cloudwatch.Alarm]:
    yield _alarm(
        "SlowRequests",
        f"The slowest hundredth of requests to {config.name} takes longer than {config.alarms.latency:g} s.",
        _metric("AWS/ApplicationELB", "TargetResponseTime", watched.targets, "p99"),
        Threshold("GreaterThanThreshold", config.alarms.latency, minutes=5),
    )
    yield _alarm(
        "FailedRequests",
        f"{config.name} answers more than {config.alarms.errors} % of requests with 5xx.",
        _math(
            # A few failures among a few requests wake nobody.
            "IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)",
            _query("errors", _metric("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", watched.targets, "Sum")),
            _query("requests", _metric("AWS/ApplicationELB", "RequestCount", watched.targets, "Sum")),
        ),
        Threshold("GreaterThanThreshold", config.alarms.errors, minutes=5),
    )
    yield _alarm(
        "UnhealthyTasks",
        f"The load balancer finds tasks of {config.name} unhealthy.",
        _metric("AWS/ApplicationELB", "UnHealthyHostCount", watched.targets, "Maximum"),
        Threshold("GreaterThanThreshold", 0, minutes=5),
    )


def _alarm(title: str, text: str, measured: dict[str, Any], threshold: Threshold) -> cloudwatch.Alarm:
    return cloudwatch.Alarm(
        title,
        AlarmDescription=text,
        **measured,
        ComparisonOperator=threshold.operator,
        Threshold=threshold.value,
        EvaluationPeriods=threshold.minutes,
        TreatMissingData=threshold.missing,
    )


def _metric(namespace: str, name: str, dimensions: dict[str, AWSHelperFn], statistic: str) -> dict[str, Any]:
    """What an alarm measures, minute by minute. A percentile of a few requests says nothing, and is ignored."""
    measured = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [cloudwatch.MetricDimension(Name=key, Value=value) for key, value in dimensions.items()],
        "Period": 60,
    }
    if statistic.startswith("p"):
        return measured | {"ExtendedStatistic": statistic, "EvaluateLowSampleCountPercentile": "ignore"}
    return measured | {"Statistic": statistic}


def _math(expression: str, *queries: cloudwatch.MetricDataQuery) -> dict[str, Any]:
    """An alarm on what *expression* makes of the metrics.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    result = cloudwatch.MetricDataQuery(Id="result", Expression=expression, ReturnData=True)
    return {"Metrics": [result, *queries]}


def _query(name: str, metric: dict[str, Any]) -> cloudwatch.MetricDataQuery:
    of = cloudwatch.Metric(
        Namespace=metric["Namespace"], MetricName=metric["MetricName"], Dimensions=metric["Dimensions"]
    )
    return cloudwatch.MetricDataQuery(
        Id=name,
        MetricStat=cloudwatch.MetricStat(Metric=of, Period=metric["Period"], Stat=metric["Statistic"]),
        ReturnData=False,
    )
