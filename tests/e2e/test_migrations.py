"""Migrations: once for each new version, before its tasks; a failure stops the release, and nothing migrates back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from .conftest import New
from .platform import Repository

pytestmark = pytest.mark.slow

PLATFORM = """\
name: shop
services:
  web: {port: 8080, migrate: web-schema}
  api: {port: 8081, cpu: 512, memory: 1024, calls: [web]}
jobs:
  web-schema: {image_of: web, command: [migrate]}
environments:
  dev:
    account: "ACCOUNT"
    region: eu-west-1
    protect: false
    network: {nat: single, zones: 2, flow_logs: "off"}
"""
UNDONE = "shop-dev is as it was before, and serves its previous version"


@pytest.fixture
def team(new: New, quick_aws: Mapping[str, str]) -> Repository:
    """A team whose first version has migrated, and runs."""
    made = new(quick_aws, PLATFORM)
    made.prepared()
    made.use(web=made.push("web"))
    made.made()
    return made


def migrations(team: Repository) -> list[dict[str, Any]]:
    """Every run of the job, in order."""
    ecs, cluster = team.aws("ecs"), team.service("web")["clusterArn"]
    found = [
        arn
        for state in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=cluster, desiredStatus=state)["taskArns"]
    ]
    runs = ecs.describe_tasks(cluster=cluster, tasks=found)["tasks"] if found else []
    family = f"family:{team.nested()['job-web-schema'].split('/')[1]}"
    return sorted((each for each in runs if each["group"] == family), key=lambda each: each["createdAt"])


def definitions(team: Repository) -> list[str]:
    """What ran, in order."""
    return [each["taskDefinitionArn"] for each in migrations(team)]


def versions(team: Repository) -> tuple[str, str]:
    """What the services run."""
    return team.service("web")["taskDefinition"], team.service("api")["taskDefinition"]


def fails(team: Repository, *told: str) -> None:
    done = team.deploy("deploy", "-e", "dev")
    assert (done.code, done.lacks(*told, UNDONE)) == (1, []), done.text
    assert team.status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_version_runs_once_its_migration_has(team: Repository) -> None:
    first = definitions(team)
    assert len(first) == 1, "the first version migrates too"
    old = versions(team)

    team.use(web=team.push("web", log="version 2", lasts="2"))
    team.deployed()
    (_, migration), (new, _) = migrations(team), versions(team)
    assert new != old[0]
    assert (migration["containers"][0]["exitCode"], migration["taskDefinitionArn"] != first[0]) == (0, True)
    ecs, service = team.aws("ecs"), team.service("web")
    arns = ecs.list_tasks(cluster=service["clusterArn"], serviceName=service["serviceName"])["taskArns"]
    tasks = ecs.describe_tasks(cluster=service["clusterArn"], tasks=arns)["tasks"]
    assert {each["taskDefinitionArn"] for each in tasks} == {new}
    assert min(each["createdAt"] for each in tasks) >= migration["stoppedAt"]

    team.edit("cpu: 512, memory: 1024", "cpu: 512, memory: 2048")
    team.deployed()
    assert len(migrations(team)) == 2, "nothing to migrate"


def test_a_migration_that_fails_stops_the_release(team: Repository) -> None:
    before, templates = versions(team), team.bodies()
    team.use(web=team.push("web", exit_code="3", log="no such column"))
    told = (
        "shop-dev / ServiceWeb: ",
        " Migration: ",
        "web-schema ended with exit code 3",
        "make logs SERVICE=web-schema",
    )
    fails(team, *told)
    assert (versions(team), team.bodies()) == (before, templates)
    first, failed = definitions(team)
    assert first != failed, "nothing migrated back"
    done = team.make("logs", "ENV=dev", "SERVICE=web-schema")
    assert (done.code, done.lacks("no such column")) == (0, [])

    team.use(web=team.push("web", log="version 2"))
    team.deployed()
    assert len(migrations(team)) == 3


def test_when_another_service_fails_nothing_migrates_back(team: Repository) -> None:
    before, ran = versions(team), definitions(team)
    team.use(web=team.push("web", log="version 2"), api=team.push("api", exit_code="3"))
    fails(team, "ServiceWeb: updated", "shop-dev / ServiceApi: service Service: ")
    assert versions(team) == before
    assert definitions(team)[:-1] == ran
    assert definitions(team)[-1] not in ran


def test_a_service_stops_migrating_begins_again_and_goes(team: Repository) -> None:
    """The function goes with the last migration, and nobody asks it any more."""
    team.edit(", migrate: web-schema", "")
    team.deployed()
    assert "migrations" not in team.nested()
    assert len(migrations(team)) == 1

    team.edit("port: 8080", "port: 8080, migrate: web-schema")
    team.deployed()
    assert len(migrations(team)) == 2, "somebody may have changed the data since"
    done = team.deploy("destroy", "-e", "dev", "--confirm", "dev")
    assert (done.code, done.lacks("shop-dev is gone", "stays")) == (0, ["stays"]), done.text
