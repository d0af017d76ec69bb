"""Who sends to the alerts topic: alarms and EventBridge, the same at the topic and at the key that encrypts it."""

from __future__ import annotations

from collections.abc import Sequence

from awacs.aws import Action, Allow, Condition, Principal, Statement, StringEquals
from troposphere import AWSHelperFn, Ref


def publishers(actions: Sequence[Action], resource: AWSHelperFn | str) -> list[Statement]:
    """Lets them do *actions* on *resource*; without it they fail without a word.

    Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html ,
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html ,
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    return [
        Statement(
            Sid="AlarmsOfThisAccount",
            Effect=Allow,
            Principal=Principal("Service", "cloudwatch.amazonaws.com"),
            Action=list(actions),
            Resource=[resource],
            Condition=Condition(StringEquals("aws:SourceAccount", Ref("AWS::AccountId"))),
        ),
        # EventBridge does not say for whom it sends to an encrypted topic: a condition would refuse every event.
        Statement(
            Sid="Events",
            Effect=Allow,
            Principal=Principal("Service", "events.amazonaws.com"),
            Action=list(actions),
            Resource=[resource],
        ),
    ]
