"""Redeploy: new tasks for every service whose secret was rotated."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awacs import ecs, secretsmanager
from troposphere import Sub, Template, events

from tapgen.kinds import Text
from tapgen.layers.cluster import Cluster
from tapgen.parts.context import arch, why
from tapgen.parts.functions import Functions, Program, permission
from tapgen.parts.policies import allow


@dataclass(frozen=True, kw_only=True)
class Redeploy:
    """A function that compares when secrets changed with when services were deployed, and who calls it."""

    secrets_of: Mapping[str, Sequence[Text]]
    """The secrets that rotate, by the name of each service that has some."""
    service_arns: Mapping[str, Text]
    cluster: Cluster.Outputs
    functions: Functions

    def build(self, template: Template) -> None:
        template.set_description("Redeploy: new tasks for every service whose secret was rotated.")
        arch(
            template,
            "Secret changed, deployment over, or a day gone by -> function -> ECS: a new deployment where one is due.",
        )
        function = self.functions.add(template, self._program())
        for title, reason, how in self._occasions():
            rule = template.add_resource(
                events.Rule(
                    title,
                    Metadata=why(reason),
                    **how,
                    Targets=[events.Target(Id="redeploy", Arn=function.get_att("Arn"))],
                )
            )
            template.add_resource(
                permission(
                    f"{title}Permission", function, Principal="events.amazonaws.com", SourceArn=rule.get_att("Arn")
                )
            )

    def _occasions(self) -> list[tuple[str, str, dict[str, Any]]]:
        """When a service may have become due.

        Sources: https://docs.aws.amazon.com/secretsmanager/latest/userguide/secret-event-notifications.html ,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
        """
        return [
            (
                "SecretChanged",
                "Tasks read a secret once, when they start.",
                {
                    "EventPattern": {
                        "source": ["aws.secretsmanager"],
                        "detail-type": ["Secret Label Updated"],
                        "resources": self._secrets(),
                        "detail": {"labelUpdated": ["AWSCURRENT"]},
                    }
                },
            ),
            (
                "DeploymentOver",
                "A secret may have changed during a deployment, which is never disturbed.",
                {
                    "EventPattern": {
                        "source": ["aws.ecs"],
                        "detail-type": ["ECS Deployment State Change"],
                        "resources": self._services(),
                        "detail": {"eventName": ["SERVICE_DEPLOYMENT_COMPLETED"]},
                    }
                },
            ),
            ("Daily", "Whatever was missed is made up for.", {"ScheduleExpression": "rate(1 day)"}),
        ]

    def _services(self) -> list[Text]:
        return [self.service_arns[name] for name in self.secrets_of]

    def _secrets(self) -> list[Text]:
        return list({str(arn): arn for arns in self.secrets_of.values() for arn in arns}.values())

    def _program(self) -> Program:
        secrets_of = {
            str(self.service_arns[name]): [str(arn) for arn in arns] for name, arns in self.secrets_of.items()
        }
        return Program(
            title="Redeploy",
            name="redeploy",
            purpose="Starts new tasks of services whose secrets have changed since their last deployment.",
            environment={"CLUSTER": self.cluster.name, "SECRETS_OF": Sub(json.dumps(secrets_of, indent=2))},
            statements=(
                allow("SeeWhenSecretsChanged", [secretsmanager.DescribeSecret], self._secrets()),
                allow("RedeployServices", [ecs.DescribeServices, ecs.UpdateService], self._services()),
            ),
        )
