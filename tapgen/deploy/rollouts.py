"""Deployments of single services, as ECS keeps them: how far they have come, and how they ended.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tapgen.deploy.aws import Answer, Aws, at_once, moment, pages
from tapgen.deploy.services import Service

GOING_ON = ("PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")
"""The states that a deployment does not stay in."""

_DOING = {
    "PENDING": "waiting for its turn",
    "STOP_REQUESTED": "being stopped",
    "ROLLBACK_REQUESTED": "rolling back",
    "ROLLBACK_IN_PROGRESS": "rolling back",
    "SUCCESSFUL": "deployed",
    "STOPPED": "stopped",
    "ROLLBACK_SUCCESSFUL": "rolled back",
    "ROLLBACK_FAILED": "could not be rolled back",
}


@dataclass(frozen=True)
class Rollout:
    """One deployment of a service."""

    arn: str
    status: str
    stage: str
    """What is done at the moment, as ECS calls it; nothing where it has no stages."""

    reason: str
    """Why it is in its state, or was rolled back."""

    began: datetime
    ended: datetime | None
    stopped: bool
    """Whether it was stopped before its end: by a person, or as a failure that is not to be rolled back."""

    first: bool
    """Whether there is no version that it takes the place of, and so none to go back to."""

    @property
    def going_on(self) -> bool:
        return self.status in GOING_ON

    @property
    def failed(self) -> bool:
        return not self.going_on and self.status != "SUCCESSFUL"

    @property
    def as_asked(self) -> bool:
        """Whether it was rolled back because somebody asked for that.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
        """
        return self.stopped and self.status == "ROLLBACK_SUCCESSFUL"

    @property
    def doing(self) -> str:
        """What becomes of it, in words: `bake time`, `rolling back`, `deployed`."""
        if self.status in _DOING:
            return _DOING[self.status]
        return self.stage.lower().replace("_", " ") or "replacing tasks"


def newest(aws: Aws, services: Iterable[Service]) -> dict[str, Rollout]:
    """The newest deployment of each service, by the ARN of the service; ECS forgets them after 90 days.

    Raises:
        AwsError: AWS could not be asked.
    """
    asked = list(services)
    briefs = dict(zip((each.arn for each in asked), at_once(lambda each: _newest(aws, each), asked), strict=True))
    found = {arn: brief for arn, brief in briefs.items() if brief}
    details = _details(aws, [brief["serviceDeploymentArn"] for brief in found.values() if not _good(brief)])
    return {arn: _rollout(details.get(brief["serviceDeploymentArn"], brief)) for arn, brief in found.items()}


def went_back_as_asked(aws: Aws, cluster: str, service: str, since: datetime) -> bool:
    """Whether a deployment of a service, made *since*, was rolled back because somebody asked for that.

    Raises:
        AwsError: AWS could not be asked.
    """
    found = aws("ecs", "list-service-deployments", "--cluster", cluster, "--service", service)["serviceDeployments"]
    arns = [each["serviceDeploymentArn"] for each in found if moment(each["createdAt"]) >= since and not _good(each)]
    return any(_rollout(each).as_asked for each in _details(aws, arns).values())


def stop(aws: Aws, rollout: Rollout) -> None:
    """Let ECS go back to the version before, at once.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html

    Raises:
        AwsError: AWS could not be asked, or it is over meanwhile.
    """
    aws("ecs", "stop-service-deployment", "--service-deployment-arn", rollout.arn, "--stop-type", "ROLLBACK")


def _newest(aws: Aws, service: Service) -> Answer | None:
    named = ("--cluster", service.cluster, "--service", service.arn)
    found: list[Answer] = aws("ecs", "list-service-deployments", *named)["serviceDeployments"]
    return max(found, key=lambda each: moment(each["createdAt"]), default=None)


def _good(brief: Answer) -> bool:
    return bool(brief["status"] == "SUCCESSFUL")


def _details(aws: Aws, arns: list[str]) -> Mapping[str, Answer]:
    """Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html"""
    named = ("ecs", "describe-service-deployments", "--service-deployment-arns")
    answers = at_once(lambda part: aws(*named, *part), pages(arns, 20))
    return {each["serviceDeploymentArn"]: each for answer in answers for each in answer["serviceDeployments"]}


def _rollout(found: Answer) -> Rollout:
    over = found.get("finishedAt") or found.get("stoppedAt")
    return Rollout(
        arn=found["serviceDeploymentArn"],
        status=found["status"],
        stage=found.get("lifecycleStage", ""),
        reason=found.get("rollback", {}).get("reason") or found.get("statusReason", ""),
        began=moment(found.get("startedAt") or found["createdAt"]),
        ended=moment(over) if over else None,
        stopped="stoppedAt" in found,
        first=not found.get("sourceServiceRevisions"),
    )
