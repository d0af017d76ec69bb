"""Alarms, those over several metrics included.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.kept import forget, keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError
from tapgen.localaws.shapes import fit

_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


@operation("cloudwatch", "PutMetricAlarm")
async def put_metric_alarm(request: Fields, proceed: Proceed) -> Fields:
    """One metric, or expressions over several of which exactly one returns data.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    metrics = request.get("Metrics")
    if metrics and any(name in request for name in _OF_ONE_METRIC):
        text = "You must specify either the Metrics parameter or the parameters of a single metric, not both."
        raise ServiceError("InvalidParameterCombination", text)
    if metrics and sum(each.get("ReturnData", True) for each in metrics) != 1:
        text = "Exactly one element of the metrics list should return data."
        raise ServiceError("ValidationError", text)
    if not metrics and not (request.get("MetricName") and request.get("Namespace")):
        raise ServiceError("ValidationError", "MetricName and Namespace are required for an alarm on one metric.")
    forget(_key(request["AlarmName"]))
    if metrics:
        keep(_key(request["AlarmName"]), Metrics=metrics)
    return await proceed({name: value for name, value in request.items() if name != "Metrics"})


@operation("cloudwatch", "DescribeAlarms")
async def describe_alarms(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html."""
    found = await proceed(request)
    return found | {"MetricAlarms": [_shown(alarm) for alarm in found.get("MetricAlarms", [])]}


def _shown(alarm: Fields) -> Fields:
    extra = kept(_key(alarm["AlarmName"]))
    hidden = _OF_ONE_METRIC if extra else ()
    return {name: value for name, value in alarm.items() if name not in hidden and value is not None} | extra


def _key(name: str) -> str:
    return f"alarm:{name}"


@provides("AWS::CloudWatch::Alarm")
class Alarm(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make an alarm."""
        return await self._put(wanted.properties.get("AlarmName") or wanted.title(), wanted)

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Make it another."""
        made = await self._put(before.physical_id, wanted)
        await call("cloudwatch", "TagResource", ResourceARN=made.attributes["Arn"], Tags=wanted.tags())
        return made

    async def delete(self, resource: Resource) -> None:
        """Remove it."""
        await call("cloudwatch", "DeleteAlarms", AlarmNames=[resource.physical_id])

    async def _put(self, name: str, wanted: Wanted) -> Made:
        properties = wanted.properties | {"AlarmName": name, "Tags": wanted.tags()}
        await call("cloudwatch", "PutMetricAlarm", **fit("cloudwatch", "PutMetricAlarm", properties))
        found = await call("cloudwatch", "DescribeAlarms", AlarmNames=[name])
        return Made(name, {"Arn": found["MetricAlarms"][0]["AlarmArn"]})
