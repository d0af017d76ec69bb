"""The alarms of an environment that ring."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tapgen.deploy import stacks
from tapgen.deploy.aws import Answer, Aws, at_once, moment

_TYPES = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


@dataclass(frozen=True)
class Alarm:
    """An alarm in ALARM."""

    stack: str
    """The nested stack that it belongs to, by logical id."""

    name: str
    """Its logical id there."""

    reason: str
    since: datetime


@dataclass
class Alarms:
    """Looks for alarms of an environment; whose they are is asked only when one rings that was not seen before."""

    aws: Aws
    stack: str
    """The root stack."""

    _owners: dict[str, tuple[str, str] | None] = field(default_factory=dict)
    """The nested stack and the logical id of every alarm that was seen, by name; None for those of others."""

    def ringing(self) -> list[Alarm]:
        """Every alarm of the environment that is in ALARM, the oldest first.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html

        Raises:
            AwsError: AWS could not be asked.
        """
        answer = self.aws(
            *("cloudwatch", "describe-alarms", "--state-value", "ALARM"),
            *("--alarm-types", "MetricAlarm", "CompositeAlarm"),
        )
        found: list[Answer] = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        # These of Application Auto Scaling ring whenever there is nothing to do, and tell nobody anything.
        found = [each for each in found if not each["AlarmName"].startswith("TargetTracking-")]
        if any(each["AlarmName"] not in self._owners for each in found):
            self._owners = dict.fromkeys(each["AlarmName"] for each in found) | self._known()
        rung = [_alarm(each, *owner) for each in found if (owner := self._owners[each["AlarmName"]])]
        return sorted(rung, key=lambda each: each.since)

    def _known(self) -> dict[str, tuple[str, str]]:
        nested = stacks.nested(self.aws, self.stack)
        resources = at_once(lambda stack: stacks.resources(self.aws, stack), nested.values())
        return {
            each.physical_id: (stack, each.logical_id)
            for stack, found in zip(nested, resources, strict=True)
            for each in found
            if each.type in _TYPES
        }


def _alarm(found: Answer, stack: str, name: str) -> Alarm:
    changed = found.get("StateTransitionedTimestamp") or found["StateUpdatedTimestamp"]
    return Alarm(stack, name, found.get("StateReason", ""), moment(changed))
