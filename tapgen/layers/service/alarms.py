"""The alarms of a service. `docs/alarms.md` is their table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from troposphere import AWSHelperFn, cloudwatch

from tapgen.config.service import Service
from tapgen.kinds import Text
from tapgen.layers.service.routing import BLUE, GREEN, Route
from tapgen.parts.alarms import Alarms, Measured, Threshold, computed, metric


@dataclass(frozen=True)
class Watched:
    """What the metrics of a service are found by."""

    cluster: Text
    service: Text

    @property
    def tasks(self) -> dict[str, AWSHelperFn]:
        """The dimensions of ECS and Container Insights."""
        return {"ClusterName": self.cluster, "ServiceName": self.service}


def of_tasks(config: Service, watched: Watched, alarms: Alarms) -> Iterator[cloudwatch.Alarm]:
    """Every alarm on the tasks that the service can have."""
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


def of_requests(config: Service, route: Route, alarms: Alarms) -> Iterator[cloudwatch.Alarm]:
    """Every alarm on the requests to the service.

    They know the load balancer and its target groups alone, not the service, so that it can name them: while requests
    move from one colour to the other, they take the new version back. Of two colours the worse counts: a few requests
    of a canary would be lost among those of all.
    """
    yield alarms.alarm(
        "SlowRequests",
        f"The slowest hundredth of requests to {config.name} takes longer than {config.alarms.latency:g} s.",
        # The slowest of a few requests says nothing.
        _worst(
            route,
            "IF({0}requests >= 20, {0}slowest, 0)",
            slowest=_of("TargetResponseTime", "p99"),
            requests=_of("RequestCount", "Sum"),
        ),
        Threshold("GreaterThanThreshold", config.alarms.latency, minutes=5),
    )
    yield alarms.alarm(
        "FailedRequests",
        f"{config.name} answers more than {config.alarms.errors} % of requests with 5xx.",
        # A few failures among a few requests wake nobody.
        _worst(
            route,
            "IF({0}requests >= 20, 100 * FILL({0}errors, 0) / {0}requests, 0)",
            errors=_of("HTTPCode_Target_5XX_Count", "Sum"),
            requests=_of("RequestCount", "Sum"),
        ),
        Threshold("GreaterThanThreshold", config.alarms.errors, minutes=5),
    )
    unhealthy = _of("UnHealthyHostCount", "Maximum")
    yield alarms.alarm(
        "UnhealthyTasks",
        f"The load balancer finds tasks of {config.name} unhealthy.",
        _worst(route, "{0}tasks", tasks=unhealthy) if len(route.groups) > 1 else unhealthy(*route.targets),
        Threshold("GreaterThanThreshold", 0, minutes=5),
    )


Measure = Callable[[Mapping[str, AWSHelperFn]], Measured]
"""What is measured of a target group."""


def _of(name: str, statistic: str) -> Measure:
    return lambda targets: metric("AWS/ApplicationELB", name, targets, statistic)


def _worst(route: Route, expression: str, **measures: Measure) -> Measured:
    """What *expression* makes of a target group; of two, the greater value.

    The group without requests has no data: it must not take away the value of the other.
    """
    if len(route.groups) == 1:
        (targets,) = route.targets
        return computed(expression.format(""), **{name: measure(targets) for name, measure in measures.items()})
    parts: dict[str, Measured | str] = {}
    for colour, targets in zip((BLUE, GREEN), route.targets, strict=True):
        parts[colour] = f"FILL({expression.format(f'{colour}_')}, 0)"
        parts |= {f"{colour}_{name}": measure(targets) for name, measure in measures.items()}
    return computed(f"MAX([{BLUE}, {GREEN}])", **parts)
