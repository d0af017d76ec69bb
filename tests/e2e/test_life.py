"""The life of an environment, from an empty account to an empty account, with the Makefile that tapgen ships."""

from __future__ import annotations

import pytest

from .platform import Done, Repository

pytestmark = pytest.mark.slow


def good(done: Done, *told: str) -> Done:
    assert done.code == 0, done.text
    assert done.lacks(*told) == [], done.text
    return done


def address(team: Repository) -> str:
    """Where the local AWS, and so its load balancers, are reached."""
    return team.environment["AWS_ENDPOINT_URL"].removeprefix("http://")


def test_from_an_empty_account_to_an_empty_account(living: Repository) -> None:
    team = living
    for step in ("bootstrap", "registry", "deploy"):
        good(team.make(step, "ENV=dev"))
    _what_is_deployed_is_what_is_checked_in(team)
    _it_serves(team)
    _it_tells_of_itself(team)
    _nothing_changed_is_nothing_deployed(team)
    _scaling_is_left_alone(team)
    _the_end(team)


def _what_is_deployed_is_what_is_checked_in(team: Repository) -> None:
    files, bodies = team.checked_in(), team.bodies()
    assert {f"dev/{name}.yaml" for name in bodies} == {path for path in files if path.startswith("dev/")}
    for name, body in bodies.items():
        differing = [
            (old, new)
            for old, new in zip(files[f"dev/{name}.yaml"].splitlines(True), body.splitlines(True), strict=True)
            if old != new
        ]
        assert all(new.lstrip().startswith("TemplateURL: https://") for _, new in differing), name
        assert len(differing) == (len(bodies) - 1 if name == "root" else 0)
    for name in ("bootstrap", "registry"):
        body = team.aws.cloudformation.get_template(StackName=f"shop-{name}")["TemplateBody"]
        assert body == files[f"{name}.yaml"]


def _it_serves(team: Repository) -> None:
    done = good(team.make("smoke", "ENV=dev", f"CONNECT=http={address(team)}"))
    assert done.lacks("/web: 200, wanted 200", "/no-service-answers-this: 404, wanted 404") == []
    team.edit("path: /web", "path: /web, smoke: {status: 204}")
    done = team.deploy("smoke", "-e", "dev", "--connect", f"http={address(team)}", "--patience", "0")
    assert (done.code, done.lacks("BAD  GET", "/web: 200, wanted 204")) == (1, [])
    team.edit("path: /web, smoke: {status: 204}", "path: /web")


def _it_tells_of_itself(team: Repository) -> None:
    told = ("shop-dev  CREATE_COMPLETE  is there", "ServiceWeb", "service web  ok         rolling  2 of 2 tasks")
    good(team.make("status", "ENV=dev"), *told)
    (root,) = team.aws.cloudformation.describe_stacks(StackName="shop-dev")["Stacks"]
    good(team.make("outputs", "ENV=dev"), *(f"{each['OutputKey']}={each['OutputValue']}" for each in root["Outputs"]))
    assert {each["Key"]: each["Value"] for each in root["Tags"]} == {
        "Environment": "dev",
        "Service": "shop",
        "ManagedBy": "tapgen",
    }


def _nothing_changed_is_nothing_deployed(team: Repository) -> None:
    good(team.make("deploy", "ENV=dev"), "shop-dev is what its templates say; nothing had to change")
    assert team.status == "CREATE_COMPLETE"


def _scaling_is_left_alone(team: Repository) -> None:
    before = team.service("web")
    team.aws("ecs").update_service(cluster=before["clusterArn"], service=before["serviceArn"], desiredCount=5)
    team.edit("path: /web", "path: /web, stop_timeout: 50")
    good(team.make("deploy", "ENV=dev"), "ServiceWeb: updating", "ServiceWeb: updated")
    after = team.service("web")
    assert (after["desiredCount"], after["runningCount"]) == (5, 5)
    assert (before["taskDefinition"], team.container("web")["stopTimeout"]) != (after["taskDefinition"], 60)
    _what_is_deployed_is_what_is_checked_in(team)


def _the_end(team: Repository) -> None:
    for confirmation in ([], ["--confirm", "prod"]):
        done = team.deploy("destroy", "-e", "dev", *confirmation)
        assert (done.code, done.lacks("its deletion is not confirmed", "CONFIRM=dev")) == (4, [])
    done = team.deploy("destroy", "-e", "dev", "--shared", "--confirm", "dev")
    assert (done.code, done.lacks("still there, and in need of them: shop-dev")) == (4, [])
    good(team.make("destroy", "ENV=dev", "CONFIRM=dev"), "shop-dev is gone")
    assert set(team.stacks()) == {"shop-bootstrap", "shop-registry"}
    assert team.aws("ecs").list_clusters()["clusterArns"] == []
    assert team.aws("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert team.aws("logs").describe_log_groups()["logGroups"] == []
    done = good(team.make("destroy", "ENV=dev", "SHARED=yes", "CONFIRM=dev", "PURGE=yes"))
    assert (
        done.lacks("bucket shop-bootstrap-artifactbucket", "is gone, with its objects", "is gone, with its images")
        == []
    )
    assert team.stacks() == {}
    assert team.aws("s3").list_buckets()["Buckets"] == []
    assert team.aws("ecr").describe_repositories()["repositories"] == []
    assert team.aws("iam").list_roles()["Roles"] == []
    good(team.make("destroy", "ENV=dev", "CONFIRM=dev"), "there is nothing to delete")
