"""What alarms compare with their thresholds, written out down to the metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .reading import COLOURS
from .resolved import Platform, sole

BALANCER = "${ingress.LoadBalancer.LoadBalancerFullName}"
NAME = re.compile(r"\b[a-z]\w*")
"""A name in an expression; functions and operators are in capitals."""

OF_TARGETS = {
    "SlowRequests": "IF(RequestCount.Sum >= 20, TargetResponseTime.p99, 0)",
    "FailedRequests": "IF(RequestCount.Sum >= 20, 100 * FILL(HTTPCode_Target_5XX_Count.Sum, 0) / RequestCount.Sum, 0)",
    "UnhealthyTasks": "UnHealthyHostCount.Maximum",
}
"""The alarms on what the load balancer sees of the tasks of a service: metrics with their statistics."""


def metric(namespace: str, name: str, statistic: str, where: Mapping[str, str]) -> str:
    """A metric, written out."""
    return f"{namespace}/{name}.{statistic}({', '.join(f'{key}={value}' for key, value in sorted(where.items()))})"


def watched(alarm: Any) -> str:
    """What an alarm compares with its threshold, minute by minute."""
    if "Metrics" not in alarm:
        assert (alarm.get("Period"), "Statistic" in alarm) == (60, True)
        return _metric(alarm, alarm["Statistic"])
    queries = {query["Id"]: query for query in alarm["Metrics"]}
    result = sole(query for query in queries.values() if query["ReturnData"])
    expressions = [query["Expression"] for query in queries.values() if "Expression" in query]
    used = {name for expression in expressions for name in NAME.findall(expression)}
    assert used == queries.keys() - {result["Id"]}, "a name without a metric, or a metric that nobody asked for"

    def written(query: Any) -> str:
        if "Expression" in query:
            return NAME.sub(lambda name: written(queries[name[0]]), query["Expression"])
        assert query["MetricStat"]["Period"] == 60
        return _metric(query["MetricStat"]["Metric"], query["MetricStat"]["Stat"])

    return written(result)


def of_targets(platform: Platform, service: str, formula: str) -> str:
    """What is watched of the targets of a service: of two colours the worse, for each may have the requests."""

    def of(group: str) -> str:
        where = {"LoadBalancer": BALANCER, "TargetGroup": f"${{service-{service}.{group}.TargetGroupFullName}}"}
        return re.sub(r"(\w+)\.(\w+)", lambda found: metric("AWS/ApplicationELB", found[1], found[2], where), formula)

    first, *others = [of(group) for group in COLOURS[platform.name]]
    return f"MAX([{', '.join(f'FILL({each}, 0)' for each in (first, *others))}])" if others else first


def _metric(said: Any, statistic: str) -> str:
    return metric(
        said["Namespace"], said["MetricName"], statistic, {each["Name"]: each["Value"] for each in said["Dimensions"]}
    )
