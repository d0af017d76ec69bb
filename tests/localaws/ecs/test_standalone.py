"""Tasks that no service started: they end as their images say, or when somebody stops them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import Account


def image(account: Account, **behaviour: str) -> str:
    ecr = account("ecr")
    repository = ecr.create_repository(repositoryName="jobs/one")["repository"]
    annotations = {f"com.tapgen.local.{key.replace('_', '-')}": value for key, value in behaviour.items()}
    manifest = {"schemaVersion": 2, "annotations": annotations, "layers": []}
    media = "application/vnd.oci.image.manifest.v1+json"
    ecr.put_image(
        repositoryName="jobs/one", imageManifest=json.dumps(manifest), imageManifestMediaType=media, imageTag="1"
    )
    return f"{repository['repositoryUri']}:1"


def run(account: Account, uri: str, **more: Any) -> Any:
    ecs = account("ecs")
    ecs.create_cluster(clusterName="here")
    container = {"name": "app", "image": uri, "command": ["work"]}
    ecs.register_task_definition(family="one", containerDefinitions=[container], networkMode="awsvpc")
    answer = ecs.run_task(cluster="here", taskDefinition="one", **more)
    assert answer["failures"] == []
    return answer["tasks"][0]


def ended(account: Account, task: Any) -> Any:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        (found,) = account("ecs").describe_tasks(cluster="here", tasks=[task["taskArn"]])["tasks"]
        if found["lastStatus"] == "STOPPED":
            return found
        time.sleep(0.05)
    raise TimeoutError


@pytest.mark.parametrize(("behaviour", "code"), [({}, 0), ({"exit_code": "3"}, 3)])
def test_a_task_ends_with_the_code_of_its_image(account: Account, behaviour: dict[str, str], code: int) -> None:
    found = ended(account, run(account, image(account, **behaviour)))
    assert (found["stopCode"], found["containers"][0]["exitCode"]) == ("EssentialContainerExited", code)
    assert found["group"] == "family:one"
    stopped = account("ecs").list_tasks(cluster="here", family="one", desiredStatus="STOPPED")["taskArns"]
    assert stopped == [found["taskArn"]]


def test_a_task_whose_image_is_missing_fails_to_start(account: Account) -> None:
    uri = image(account).replace(":1", ":2")
    found = ended(account, run(account, uri))
    assert found["stopCode"] == "TaskFailedToStart"
    assert "exitCode" not in found["containers"][0]


def test_a_task_that_takes_long_can_be_stopped_and_keeps_its_cluster(account: Account) -> None:
    task = run(account, image(account, lasts="60"))
    ecs = account("ecs")
    assert ecs.list_tasks(cluster="here")["taskArns"] == [task["taskArn"]]
    with pytest.raises(ClientError, match="ClusterContainsTasksException"):
        ecs.delete_cluster(cluster="here")
    ecs.stop_task(cluster="here", task=task["taskArn"], reason="enough")
    found = ended(account, task)
    assert (found["stopCode"], found["stoppedReason"]) == ("UserInitiated", "enough")
    ecs.delete_cluster(cluster="here")


def test_a_container_that_is_not_there_cannot_have_another_command(account: Account) -> None:
    with pytest.raises(ClientError, match="Override for container named other"):
        run(account, image(account), overrides={"containerOverrides": [{"name": "other", "command": ["x"]}]})


def test_the_same_request_twice_is_one_task(account: Account) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html"""
    uri = image(account)
    first = run(account, uri, clientToken="7")
    ecs = account("ecs")
    again = ecs.run_task(cluster="here", taskDefinition="one", clientToken="7")["tasks"]
    assert [each["taskArn"] for each in again] == [first["taskArn"]]
    with pytest.raises(ClientError, match="ConflictException"):
        ecs.run_task(cluster="here", taskDefinition="one", clientToken="7", startedBy="somebody")
    other = ecs.run_task(cluster="here", taskDefinition="one", clientToken="8")["tasks"]
    assert other[0]["taskArn"] != first["taskArn"]
