"""What can be asked about deployments."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import Account
from tests.localaws.deploying import until
from tests.localaws.ecs.test_services import described, image, platform


def test_rolling_deployments_are_listed(account: Account) -> None:
    account.create("s", platform())
    account.update("s", platform(image(account, "broken", exit_code="1")))
    service, ecs = described(account), account("ecs")
    where = {"cluster": service["clusterArn"], "service": service["serviceName"]}
    newest, oldest = ecs.list_service_deployments(**where)["serviceDeployments"]
    assert (newest["status"], oldest["status"]) == ("ROLLBACK_SUCCESSFUL", "SUCCESSFUL")
    assert ecs.list_service_deployments(**where, status=["SUCCESSFUL"])["serviceDeployments"] == [oldest]

    arns = [oldest["serviceDeploymentArn"], "arn:none"]
    found = ecs.describe_service_deployments(serviceDeploymentArns=arns)
    assert found["failures"] == [{"arn": "arn:none", "reason": "MISSING"}]
    revision = found["serviceDeployments"][0]["targetServiceRevision"]["arn"]
    shown = ecs.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"][0]
    assert (revision, shown["taskDefinition"]) == (oldest["targetServiceRevisionArn"], service["taskDefinition"])


def test_what_cannot_be_stopped(account: Account) -> None:
    account.create("s", platform())
    service, ecs = described(account), account("ecs")
    where = {"cluster": service["clusterArn"], "service": service["serviceName"]}
    arn = ecs.list_service_deployments(**where)["serviceDeployments"][0]["serviceDeploymentArn"]
    with pytest.raises(ClientError, match="terminal state"):
        ecs.stop_service_deployment(serviceDeploymentArn=arn)
    with pytest.raises(ClientError, match="does not exist"):
        ecs.stop_service_deployment(serviceDeploymentArn=f"{arn}0")


class Stuck:
    """A rolling deployment that nobody gives up: its tasks end as soon as they start."""

    def __init__(self, account: Account) -> None:
        account.create("s", platform())
        before, self.ecs = described(account), account("ecs")
        self.where = {"cluster": before["clusterArn"], "service": before["serviceName"]}
        self.old, self.new = before["taskDefinition"], self._register(image(account, "broken", exit_code="1"))
        breaker = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
        self.ecs.update_service(**self.where, taskDefinition=self.new, deploymentConfiguration=breaker)
        self.arn = self._newest()["serviceDeploymentArn"]

    def _register(self, image: str) -> str:
        container = {"name": "app", "image": image, "portMappings": [{"containerPort": 8080}]}
        said = {"family": "broken", "networkMode": "awsvpc", "containerDefinitions": [container]}
        return str(self.ecs.register_task_definition(**said)["taskDefinition"]["taskDefinitionArn"])

    def _newest(self) -> dict[str, Any]:
        return dict(self.ecs.list_service_deployments(**self.where)["serviceDeployments"][0])

    def told(self) -> dict[str, Any]:
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[self.arn])["serviceDeployments"]
        return dict(found[0])

    def tasks(self) -> list[str]:
        """Those of the old version that run."""
        cluster = self.where["cluster"]
        arns = self.ecs.list_tasks(cluster=cluster, serviceName=self.where["service"])["taskArns"]
        found = self.ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
        return [
            each["taskArn"]
            for each in found
            if (each["taskDefinitionArn"], each["lastStatus"]) == (self.old, "RUNNING")
        ]


@pytest.fixture
def stuck(account: Account) -> Stuck:
    return Stuck(account)


def test_a_newer_deployment_stops_a_rolling_one(stuck: Stuck) -> None:
    assert stuck.told()["status"] == "IN_PROGRESS"
    stuck.ecs.update_service(**stuck.where, taskDefinition=stuck.old)
    assert stuck.told()["status"] == "STOPPED"


def test_a_rolling_deployment_is_stopped(stuck: Stuck) -> None:
    with pytest.raises(ClientError, match="ROLLBACK"):
        stuck.ecs.stop_service_deployment(serviceDeploymentArn=stuck.arn, stopType="ABORT")
    stuck.ecs.stop_service_deployment(serviceDeploymentArn=stuck.arn)
    until(lambda: stuck.told()["status"] == "ROLLBACK_SUCCESSFUL")
    source = stuck.told()["sourceServiceRevisions"][0]["arn"]
    assert stuck.told()["rollback"]["serviceRevisionArn"] == source
    assert stuck.told()["statusReason"].endswith("of a request to stop it.")
    found = stuck.ecs.describe_services(cluster=stuck.where["cluster"], services=[stuck.where["service"]])["services"][
        0
    ]
    assert (found["taskDefinition"], found["runningCount"]) == (stuck.old, 1)


def test_the_old_version_stays_whole_while_the_new_one_does_not_start(stuck: Stuck) -> None:
    """It grows too, and what ends of it is replaced.

    https://aws.amazon.com/about-aws/whats-new/2025/11/amazon-ecs-service-availability-rolling-deployments
    """
    stuck.ecs.update_service(**stuck.where, desiredCount=3)
    until(lambda: len(stuck.tasks()) == 3)
    first, *others = stuck.tasks()
    stuck.ecs.stop_task(cluster=stuck.where["cluster"], task=first)
    until(lambda: len({*stuck.tasks()} - {first, *others}) == 1)
    assert stuck.told()["status"] == "IN_PROGRESS"
