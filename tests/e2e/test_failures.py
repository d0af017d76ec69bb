"""What fails is undone, and the cause is told: in a service, and elsewhere; at the first deployment, and later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .platform import Repository, words

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("failures")]

New = Callable[..., Repository]

NOWHERE = "sha256:" + "0" * 64


def versions(team: Repository) -> dict[str, Any]:
    """What runs, and from which template."""
    cloudformation = team.client("cloudformation")
    services = {name: team.service(name) for name in ("web", "api")}
    return {
        "templates": {
            name: cloudformation.get_template(StackName=stack)["TemplateBody"] for name, stack in team.nested().items()
        },
        "tasks": {name: (each["taskDefinition"], each["desiredCount"]) for name, each in services.items()},
    }


@pytest.fixture(scope="module")
def team(new_repository: New) -> Repository:
    made = new_repository()
    made.prepared()
    return made


def test_an_image_that_is_not_there_is_refused_before_anything_is_sent(team: Repository) -> None:
    team.use({"web": NOWHERE})
    done = team.deploy("deploy", "-e", "dev")
    assert done.code == 4
    assert words(done, [f"shop/web@{NOWHERE}", "push them first"]) == []
    assert "shop-dev" not in team.stacks()


def test_a_first_deployment_that_fails_is_undone_and_told(team: Repository) -> None:
    digest = team.push("web", exit_code="3", log="no database: giving up")
    team.use({"web": digest})
    done = team.deploy("deploy", "-e", "dev")
    assert done.code == 1, done.text
    told = [
        "shop-dev / ServiceWeb: service Service: ",
        "Essential container in task exited",
        "container app ended with 3",
        "no database: giving up",
        "help: the program ended by itself: its log says why",
        "shop-dev could not be created; an empty stack is left",
    ]
    assert words(done, told) == []
    assert team.root()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert team.client("ecs").list_clusters()["clusterArns"] == []


def test_what_is_left_of_it_is_refused_with_the_way_out_which_works(team: Repository) -> None:
    team.use({})
    done = team.deploy("deploy", "-e", "dev")
    assert done.code == 4
    assert words(done, ["(ROLLBACK_COMPLETE)", "make destroy ENV=dev, then: make deploy ENV=dev"]) == []
    assert team.make("destroy", "ENV=dev", "CONFIRM=dev").code == 0
    team.deployed()


def test_an_update_that_fails_in_a_service_leaves_what_was_before(team: Repository) -> None:
    """The other service, changed in the same deployment and updated before, goes back too."""
    before = versions(team)
    digest = team.push("web", health="unhealthy")
    team.use({"web": digest})
    team.edit("cpu: 512, memory: 1024", "cpu: 512, memory: 2048")
    done = team.deploy("deploy", "-e", "dev")
    assert done.code == 1, done.text
    told = [
        "shop-dev / ServiceWeb: service Service: ",
        "Task failed ELB health checks",
        "[503]",
        "help: the service must answer health.path",
        "shop-dev is as it was before, and serves its previous version",
    ]
    assert words(done, told) == []
    assert team.root()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert versions(team) == before
    team.edit("cpu: 512, memory: 2048", "cpu: 512, memory: 1024")
    team.use({})


def test_an_update_that_fails_elsewhere_leaves_what_was_before(team: Repository) -> None:
    """An ARN of a policy that is not there bounds the roles: AWS refuses the first of them."""
    before = versions(team)
    boundary = f'permissions_boundary: "arn:aws:iam::{team.account}:policy/nowhere"'
    team.edit("    protect: false\n", f"    protect: false\n    {boundary}\n    logs: {{days: 14}}\n")
    done = team.deploy("deploy", "-e", "dev")
    assert done.code == 1, done.text
    assert words(done, ["role ", "policy/nowhere", "serves its previous version"]) == []
    assert versions(team) == before
    team.edit(f"    {boundary}\n    logs: {{days: 14}}\n", "")


def test_after_failures_a_deployment_succeeds(team: Repository) -> None:
    team.edit("path: /web", "path: /web, stop_timeout: 45")
    team.deployed()
    assert team.root()["StackStatus"] == "UPDATE_COMPLETE"


def test_a_secret_that_cannot_be_had_is_told(team: Repository) -> None:
    """The secret exists for CloudFormation; its key does not for ECS."""
    secrets = "    secrets: {database: {username: app}}\n"
    team.edit("    protect: false\n", f"    protect: false\n{secrets}")
    team.deployed()
    (secret,) = team.client("secretsmanager").list_secrets()["SecretList"]
    team.client("secretsmanager").put_secret_value(SecretId=secret["ARN"], SecretString='{"nothing": "useful"}')
    team.edit("path: /web,", "path: /web, secrets: {DB_PASSWORD: database.password},")
    done = team.deploy("deploy", "-e", "dev")
    assert done.code == 1, done.text
    assert words(done, ["ResourceInitializationError", "password", "help: a secret cannot be had"]) == []
    team.edit("path: /web, secrets: {DB_PASSWORD: database.password},", "path: /web,")
