"""What all alarms have in common: what they measure, minute by minute, when that is bad, and whom they tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from troposphere import AWSHelperFn, cloudwatch

from tapgen.kinds import Text

Measured = dict[str, Any]
"""The properties of an alarm that say what it looks at."""


@dataclass(frozen=True)
class Threshold:
    """When a metric is bad enough: so, for so many minutes in a row."""

    operator: str
    value: float
    minutes: int
    missing: str = "notBreaching"
    """What a minute without data counts as. Metrics of requests have none while there are no requests."""


@dataclass(frozen=True)
class Alarms:
    """Makes the alarms of one environment: each tells the same topic when it begins and when it ends."""

    topic_arn: Text

    def alarm(self, title: str, text: str, measured: Measured, threshold: Threshold) -> cloudwatch.Alarm:
        """Tell the topic *text* whenever what is measured crosses the threshold."""
        return cloudwatch.Alarm(
            title,
            AlarmDescription=text,
            **measured,
            ComparisonOperator=threshold.operator,
            Threshold=threshold.value,
            EvaluationPeriods=threshold.minutes * 60 // _period(measured),
            TreatMissingData=threshold.missing,
            AlarmActions=[self.topic_arn],
            OKActions=[self.topic_arn],
        )


def _period(measured: Measured) -> int:
    """Seconds for which a value of what is measured stands."""
    periods = [query.MetricStat.Period for query in measured.get("Metrics", []) if "MetricStat" in query.properties]
    longest: int = max([measured.get("Period", 0), *periods])
    return longest


def metric(namespace: str, name: str, dimensions: Mapping[str, AWSHelperFn], statistic: str) -> Measured:
    """One metric."""
    return {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [cloudwatch.MetricDimension(Name=key, Value=value) for key, value in dimensions.items()],
        "Period": 60,
        "Statistic": statistic,
    }


def computed(expression: str, **parts: Measured | str) -> Measured:
    """What *expression* makes of *parts*, metrics or other expressions, under the names that it uses.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    result = cloudwatch.MetricDataQuery(Id="result", Expression=expression, ReturnData=True)
    return {"Metrics": [result, *(_query(name, part) for name, part in parts.items())]}


def _query(name: str, part: Measured | str) -> cloudwatch.MetricDataQuery:
    if isinstance(part, str):
        return cloudwatch.MetricDataQuery(Id=name, Expression=part, ReturnData=False)
    what = {key: part[key] for key in ("Namespace", "MetricName", "Dimensions")}
    return cloudwatch.MetricDataQuery(
        Id=name,
        MetricStat=cloudwatch.MetricStat(
            Metric=cloudwatch.Metric(**what), Period=part["Period"], Stat=part["Statistic"]
        ),
        ReturnData=False,
    )
