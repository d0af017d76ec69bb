"""The alarms that a deployment looks at.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.protocol import Fields

_KINDS = ["MetricAlarm", "CompositeAlarm"]


async def ringing(configuration: Fields) -> list[str]:
    """Which of them are in ALARM."""
    alarms = configuration.get("alarms", {})
    if not alarms.get("enable") or not alarms.get("alarmNames"):
        return []
    found = await call("cloudwatch", "DescribeAlarms", AlarmNames=alarms["alarmNames"], AlarmTypes=_KINDS)
    known = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
    return [alarm["AlarmName"] for alarm in known if alarm["StateValue"] == "ALARM"]
