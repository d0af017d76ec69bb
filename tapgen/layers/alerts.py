"""Alerts: the topic that alarms and failed deployments notify."""

from __future__ import annotations

from dataclasses import dataclass

from awacs.sns import Publish
from troposphere import Template, sns

from tapgen.config import model
from tapgen.kinds import Text
from tapgen.parts.arns import here
from tapgen.parts.context import arch, why
from tapgen.parts.policies import document
from tapgen.parts.publishers import publishers
from tapgen.stack import logical_id


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """The topic, who may publish to it and who hears of it."""

    config: model.Alerts
    key_arn: Text | None
    """What encrypts the topic; None where that is given."""

    @dataclass(frozen=True)
    class Outputs:
        topic_arn: Text

    def build(self, template: Template) -> Outputs:
        if given := self.config.topic:
            return self.Outputs(topic_arn=Text(here(given)))
        template.set_description("Alerts: the topic that alarms and failed deployments notify.")
        arch(template, "Alarms and events of this account -> encrypted topic -> the addresses of tapgen.yaml.")
        topic = template.add_resource(
            sns.Topic(
                "Topic",
                Metadata=why(
                    "Encrypted with a key of our own: CloudWatch cannot use the one that AWS manages for SNS."
                    " EventBridge does not say for whom it sends to an encrypted topic: no condition in its statement."
                ),
                KmsMasterKeyId=self.key_arn,
            )
        )
        policy = document(*publishers([Publish], topic.ref()))
        template.add_resource(sns.TopicPolicy("TopicPolicy", Topics=[topic.ref()], PolicyDocument=policy))
        for email in self.config.email:
            title = logical_id(f"email-{email}")
            template.add_resource(
                sns.SubscriptionResource(title, TopicArn=topic.ref(), Protocol="email", Endpoint=email)
            )
        return self.Outputs(topic_arn=Text(topic.ref()))
