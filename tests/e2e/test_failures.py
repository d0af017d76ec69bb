"""What fails is undone, and the cause is told: in a service, and elsewhere; at the first deployment, and later."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from subprocess import TimeoutExpired
from typing import Any

import pytest

from .platform import Repository

pytestmark = pytest.mark.slow

UNDONE = "shop-dev is as it was before, and serves its previous version"


def versions(team: Repository) -> dict[str, Any]:
    """What runs, and from which templates."""
    services = {name: team.service(name) for name in ("web", "api")}
    tasks = {name: (each["taskDefinition"], each["desiredCount"]) for name, each in services.items()}
    return {"templates": team.bodies(), "tasks": tasks}


def fails(team: Repository, *told: str) -> None:
    done = team.deploy("deploy", "-e", "dev")
    assert done.code == 1, done.text
    assert done.lacks(*told) == [], done.text


def test_an_update_that_fails_leaves_what_was_before(settled: Repository) -> None:
    """In a service, whose sibling was updated before and goes back too; then elsewhere; then one succeeds."""
    team = settled
    before = versions(team)
    team.use(web=team.push("web", health="unhealthy"))
    team.edit("cpu: 512, memory: 1024", "cpu: 512, memory: 2048")
    fails(
        team,
        "ServiceApi: updated",
        "shop-dev / ServiceWeb: service Service: ",
        "Task failed ELB health checks",
        "help: the service must answer health.path",
        UNDONE,
    )
    assert team.status == "UPDATE_ROLLBACK_COMPLETE"
    assert versions(team) == before

    team.use()
    boundary = f'    permissions_boundary: "arn:aws:iam::{team.aws.number}:policy/nowhere"\n'
    team.edit("    protect: false\n", f"    protect: false\n{boundary}")
    fails(team, ": role ", "policy/nowhere", UNDONE)
    assert versions(team) == before

    team.edit(boundary, "")
    team.use(web=team.push("web", exit_code="137", log="no database: giving up"))
    fails(
        team, "container app ended with 137 (killed: out of memory", "no database: giving up", "more `memory`", UNDONE
    )

    team.use()
    team.deployed()
    assert team.status == "UPDATE_COMPLETE"


def test_a_secret_that_cannot_be_had_is_told(settled: Repository) -> None:
    """It exists for CloudFormation; its key does not for ECS."""
    team = settled
    team.edit("    protect: false\n", "    protect: false\n    secrets: {database: {username: app}}\n")
    team.deployed()
    (secret,) = team.aws("secretsmanager").list_secrets()["SecretList"]
    team.aws("secretsmanager").put_secret_value(SecretId=secret["ARN"], SecretString='{"nothing": "useful"}')
    team.edit("path: /web", "path: /web, secrets: {DB_PASSWORD: database.password}")
    fails(team, "ResourceInitializationError", "help: a secret cannot be had", UNDONE)


def test_a_first_deployment_that_fails_is_told_undone_and_tried_again(patient: Repository) -> None:
    team = patient
    team.use(web=team.push("web", exit_code="3"))
    fails(
        team,
        "shop-dev / ServiceWeb: service Service: ",
        "Essential container in task exited",
        "container app ended with 3",
        "help: the program ended by itself: its log says why",
        "shop-dev could not be created; an empty stack is left",
    )
    assert team.status == "ROLLBACK_COMPLETE"
    assert team.aws("ecs").list_clusters()["clusterArns"] == []
    team.use()
    refused = team.deploy("deploy", "-e", "dev")
    assert (refused.code, refused.lacks("make destroy ENV=dev, then: make deploy ENV=dev")) == (4, [])
    assert team.make("destroy", "ENV=dev", "CONFIRM=dev").code == 0
    assert team.status == ""


def test_of_two_at_once_one_is_refused_and_whoever_is_interrupted_is_told(patient: Repository) -> None:
    team = patient
    first = team.begin()
    team.until("CREATE_IN_PROGRESS")
    second = team.deploy("deploy", "-e", "dev")
    assert second.code == 4, second.text
    assert second.lacks("is being created (CREATE_IN_PROGRESS)", "then: make deploy ENV=dev", "To cancel: ") == []
    os.killpg(first.pid, signal.SIGINT)
    text, _ = first.communicate(timeout=60)
    assert first.returncode == 130, text
    assert "Interrupted: AWS goes on with shop-dev" in text
    assert "aws cloudformation cancel-update-stack --stack-name shop-dev --region eu-west-1" in text
    team.until("CREATE_COMPLETE")
    assert team.deployed().lacks("nothing had to change") == []


def test_whenever_the_client_is_killed_the_next_one_goes_on(team: Repository) -> None:
    """Each of them gets further than the one before, or is refused while AWS is at work."""
    team.prepared()
    for seconds in (1, 2, 3, 5, 7):
        victim = team.begin()
        with suppress(TimeoutExpired):
            victim.wait(seconds)
        with suppress(ProcessLookupError):
            os.killpg(victim.pid, signal.SIGKILL)
        victim.communicate()
        team.until("", "REVIEW_IN_PROGRESS", "CREATE_COMPLETE")
    team.deployed()
    assert set(team.stacks().values()) == {"CREATE_COMPLETE"}
    assert team.bodies().keys() == {"root", *team.nested()}
