"""Alerts: the topic that alarms and failed deployments notify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from awacs.aws import Allow, Condition, Principal, Statement, StringEquals
from awacs.sns import Publish
from troposphere import Ref, Template, sns

from tapgen.kinds import Text
from tapgen.parts.context import arch, why
from tapgen.parts.policies import document
from tapgen.stack import logical_id


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """The topic, who may publish to it and who hears of it."""

    emails: Sequence[str]
    key_arn: Text

    @dataclass(frozen=True)
    class Outputs:
        topic_arn: Text

    def build(self, template: Template) -> Outputs:
        template.set_description("Alerts: the topic that alarms and failed deployments notify.")
        arch(template, "Alarms and events of this account -> encrypted topic -> the addresses of tapgen.yaml.")
        topic = template.add_resource(
            sns.Topic(
                "Topic",
                Metadata=why(
                    "Encrypted with a key of our own: CloudWatch cannot use the key that AWS manages for SNS."
                ),
                KmsMasterKeyId=self.key_arn,
            )
        )
        template.add_resource(
            sns.TopicPolicy("TopicPolicy", Topics=[topic.ref()], PolicyDocument=document(*_may_publish(topic)))
        )
        for email in self.emails:
            title = logical_id(f"email-{email}")
            template.add_resource(
                sns.SubscriptionResource(title, TopicArn=topic.ref(), Protocol="email", Endpoint=email)
            )
        return self.Outputs(topic_arn=Text(topic.ref()))


def _may_publish(topic: sns.Topic) -> list[Statement]:
    """Alarms of this account and EventBridge rules may publish.

    Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html ,
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    return [
        Statement(
            Sid="AlarmsOfThisAccount",
            Effect=Allow,
            Principal=Principal("Service", "cloudwatch.amazonaws.com"),
            Action=[Publish],
            Resource=[topic.ref()],
            Condition=Condition(StringEquals("aws:SourceAccount", Ref("AWS::AccountId"))),
        ),
        # EventBridge does not say for whom it publishes: a condition would refuse every event.
        Statement(
            Sid="Events",
            Effect=Allow,
            Principal=Principal("Service", "events.amazonaws.com"),
            Action=[Publish],
            Resource=[topic.ref()],
        ),
    ]
