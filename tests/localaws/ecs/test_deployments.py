"""What can be asked about deployments."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import Account
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

    broken = image(account, "broken", exit_code="1")
    task = {"containerDefinitions": [{"name": "app", "image": broken, "portMappings": [{"containerPort": 8080}]}]}
    arn = ecs.register_task_definition(family="broken", networkMode="awsvpc", **task)["taskDefinition"][
        "taskDefinitionArn"
    ]
    breaker = {"enable": False, "rollback": False}
    ecs.update_service(**where, taskDefinition=arn, deploymentConfiguration={"deploymentCircuitBreaker": breaker})
    newest = ecs.list_service_deployments(**where, status=["IN_PROGRESS"])["serviceDeployments"][0]
    with pytest.raises(ClientError, match="does not stop rolling deployments"):
        ecs.stop_service_deployment(serviceDeploymentArn=newest["serviceDeploymentArn"])
    ecs.update_service(**where, taskDefinition=service["taskDefinition"])
    found = ecs.describe_service_deployments(serviceDeploymentArns=[newest["serviceDeploymentArn"]])
    assert found["serviceDeployments"][0]["status"] == "STOPPED"
