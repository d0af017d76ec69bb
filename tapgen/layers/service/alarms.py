"""The alarms of a service. `docs/alarms.md` is their table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from troposphere import AWSHelperFn, cloudwatch

from tapgen.config.service import Service
from tapgen.kinds import Text
from tapgen.layers.service.routing import Route
from tapgen.parts.alarms import Alarms, Threshold, computed, metric


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


def watch(config: Service, watched: Watched, alarms: Alarms) -> Iterator[cloudwatch.Alarm]:
    """Every alarm that the service can have."""
    yield from _of_tasks(config, watched, alarms)
    if watched.route:
        yield from _of_requests(config, watched.route, alarms)


def _of_tasks(config: Service, watched: Watched, alarms: Alarms) -> Iterator[cloudwatch.Alarm]:
    if config.fewest_tasks:
        yield alarms.alarm(
            "TooFewTasks",
            f"Fewer than {config.fewest_tasks} tasks of {config.name} are running.",
            metric("ECS/ContainerInsights", "RunningTaskCount", watched.tasks, "Minimum"),
            # No task, no metric: silence is the worst news.
            Threshold("LessThanThreshold", config.fewest_tasks, minutes=5, missing="breaching"),
        )
    yield alarms.alarm(
        "HighMemory",
        f"Tasks of {config.name} use more than {config.alarms.memory} % of their memory.",
        metric("AWS/ECS", "MemoryUtilization", watched.tasks, "Average"),
        Threshold("GreaterThanThreshold", config.alarms.memory, minutes=5),
    )
    yield alarms.alarm(
        "AtMaximum",
        f"{config.name} runs {config.tasks.max} tasks, cannot add more, and its CPU is above {config.scaling.cpu} %.",
        computed(
            f"IF(running >= {config.tasks.max} AND cpu > {config.scaling.cpu}, 1, 0)",
            running=metric("ECS/ContainerInsights", "RunningTaskCount", watched.tasks, "Average"),
            cpu=metric("AWS/ECS", "CPUUtilization", watched.tasks, "Average"),
        ),
        Threshold("GreaterThanOrEqualToThreshold", 1, minutes=10),
    )


def _of_requests(config: Service, route: Route, alarms: Alarms) -> Iterator[cloudwatch.Alarm]:
    targets = {
        "LoadBalancer": route.load_balancer_name,
        "TargetGroup": route.target_group.get_att("TargetGroupFullName"),
    }
    yield alarms.alarm(
        "SlowRequests",
        f"The slowest hundredth of requests to {config.name} takes longer than {config.alarms.latency:g} s.",
        computed(
            # The slowest of a few requests says nothing.
            "IF(requests >= 20, slowest, 0)",
            slowest=metric("AWS/ApplicationELB", "TargetResponseTime", targets, "p99"),
            requests=metric("AWS/ApplicationELB", "RequestCount", targets, "Sum"),
        ),
        Threshold("GreaterThanThreshold", config.alarms.latency, minutes=5),
    )
    yield alarms.alarm(
        "FailedRequests",
        f"{config.name} answers more than {config.alarms.errors} % of requests with 5xx.",
        computed(
            # A few failures among a few requests wake nobody.
            "IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)",
            errors=metric("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", targets, "Sum"),
            requests=metric("AWS/ApplicationELB", "RequestCount", targets, "Sum"),
        ),
        Threshold("GreaterThanThreshold", config.alarms.errors, minutes=5),
    )
    yield alarms.alarm(
        "UnhealthyTasks",
        f"The load balancer finds tasks of {config.name} unhealthy.",
        metric("AWS/ApplicationELB", "UnHealthyHostCount", targets, "Maximum"),
        Threshold("GreaterThanThreshold", 0, minutes=5),
    )
