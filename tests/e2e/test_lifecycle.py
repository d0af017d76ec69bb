"""An environment from its first deployment to its end, and what happens on the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .platform import Repository, words

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lifecycle")]

New = Callable[..., Repository]


def bodies(team: Repository) -> dict[str, str]:
    """The template of every nested stack, as AWS has it."""
    cloudformation = team.client("cloudformation")
    return {name: cloudformation.get_template(StackName=stack)["TemplateBody"] for name, stack in team.nested().items()}


def checked_in(team: Repository) -> dict[str, str]:
    folder = team.folder / "templates_out" / "dev"
    return {path.stem: path.read_bytes().decode() for path in folder.glob("*.yaml")}


@pytest.fixture(scope="module")
def team(new_repository: New) -> Repository:
    """A team whose environment has been deployed."""
    made = new_repository()
    for step in ("bootstrap", "registry", "deploy"):
        done = made.make(step, "ENV=dev")
        assert done.code == 0, done.text
    return made


def test_what_is_deployed_is_what_is_checked_in(team: Repository) -> None:
    files = checked_in(team)
    root = team.client("cloudformation").get_template(StackName="shop-dev")["TemplateBody"]
    assert bodies(team) == {name: text for name, text in files.items() if name != "root"}
    pairs = zip(files["root"].splitlines(), root.splitlines(), strict=True)
    assert all(new.lstrip().startswith("TemplateURL: https://") for old, new in pairs if old != new)
    for name in ("bootstrap", "registry"):
        body = team.client("cloudformation").get_template(StackName=f"shop-{name}")["TemplateBody"]
        assert body == (team.folder / "templates_out" / f"{name}.yaml").read_bytes().decode()


def test_nothing_changed_is_nothing_deployed(team: Repository) -> None:
    before = team.root().get("LastUpdatedTime")
    done = team.make("deploy", "ENV=dev")
    assert (done.code, "nothing had to change" in done.out) == (0, True), done.text
    assert team.root().get("LastUpdatedTime") == before


def test_status_tells_of_stacks_and_services(team: Repository) -> None:
    done = team.make("status", "ENV=dev")
    assert done.code == 0
    assert words(done, ["shop-dev  CREATE_COMPLETE  is there", "ServiceWeb", "service api", "2 of 2 tasks"]) == []


def test_outputs_are_those_of_the_root(team: Repository) -> None:
    done = team.make("outputs", "ENV=dev")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in team.root()["Outputs"]}
    assert done.out.splitlines()[-len(outputs) :] == [f"{key}={value}" for key, value in outputs.items()]


def test_a_changed_service_is_updated_and_scaling_is_left_alone(team: Repository) -> None:
    before = team.service("web")
    team.client("ecs").update_service(cluster=before["clusterArn"], service=before["serviceArn"], desiredCount=5)
    team.edit("path: /web", "path: /web, stop_timeout: 50")
    done = team.make("deploy", "ENV=dev")
    assert done.code == 0, done.text
    after = team.service("web")
    assert (after["desiredCount"], after["runningCount"]) == (5, 5)
    assert after["taskDefinition"] != before["taskDefinition"]
    assert words(done, ["ServiceWeb: updating", "ServiceWeb: updated"]) == []
    assert bodies(team)["service-web"] == checked_in(team)["service-web"]


def test_a_preview_shows_the_tree_and_is_what_is_carried_out(team: Repository) -> None:
    team.edit("stop_timeout: 50", "stop_timeout: 40")
    seen = team.make("preview", "ENV=dev")
    assert seen.code == 0, seen.text
    assert words(seen, ["~ stack ServiceWeb", "! task definition TaskDefinition", "to replace"]) == []
    named = seen.err.strip().rpartition("CHANGESET=")[2]
    done = team.make("deploy", "ENV=dev", f"CHANGESET={named}")
    assert done.code == 0, done.text
    (task,) = _containers(team)
    assert task["stopTimeout"] == 40
    again = team.deploy("deploy", "-e", "dev", "--change-set", named)
    assert again.code == 4
    assert "look again: make preview" in again.err


def test_a_preview_that_is_out_of_date_is_refused(team: Repository) -> None:
    team.edit("stop_timeout: 40", "stop_timeout: 30")
    named = team.deploy("preview", "-e", "dev").err.strip().rpartition("CHANGESET=")[2]
    team.edit("stop_timeout: 30", "stop_timeout: 35")
    refused = team.deploy("deploy", "-e", "dev", "--change-set", named)
    assert refused.code == 4
    assert "what is checked in has changed since" in refused.err
    (task,) = _containers(team)
    assert task["stopTimeout"] == 40


def _containers(team: Repository) -> list[dict[str, int]]:
    arn = team.service("web")["taskDefinition"]
    found = team.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return list(found["containerDefinitions"])


def test_a_service_comes_and_goes(team: Repository) -> None:
    text = (team.folder / "tapgen.yaml").read_text("utf-8")
    team.edit("environments:", "  job: {}\nenvironments:")
    done = team.make("registry", "ENV=dev")
    assert done.code == 0, done.text
    done = team.make("deploy", "ENV=dev")
    assert done.code == 0, done.text
    assert team.service("job")["status"] == "ACTIVE"
    arn = team.physical("service-job", "Service")
    team.write(text)
    team.make("registry", "ENV=dev")
    assert team.make("deploy", "ENV=dev").code == 0
    (gone,) = team.client("ecs").describe_services(cluster=arn.split("/")[1], services=[arn])["services"]
    assert gone["status"] == "INACTIVE"
    assert "service-job" not in team.nested()


def test_images_in_use_are_marked(team: Repository) -> None:
    digest = team.push("api")
    team.use({"api": digest})
    team.deployed()
    tags = team.client("ecr").describe_images(repositoryName="shop/api", imageIds=[{"imageDigest": digest}])
    assert {"in-use-dev", "in-use-dev.next"} <= set(tags["imageDetails"][0]["imageTags"])


def test_the_end_leaves_nothing_but_what_is_kept(team: Repository) -> None:
    """Last, as its name says: what the others had is gone."""
    refused = team.deploy("destroy", "-e", "dev")
    assert (refused.code, "its deletion is not confirmed" in refused.err) == (4, True)
    wrong = team.deploy("destroy", "-e", "dev", "--confirm", "prod")
    assert (wrong.code, "CONFIRM=dev" in wrong.err) == (4, True)
    assert team.deploy("destroy", "-e", "dev", "--shared", "--confirm", "dev").code == 4, "dev still needs them"
    done = team.make("destroy", "ENV=dev", "CONFIRM=dev")
    assert done.code == 0, done.text
    assert set(team.stacks()) == {"shop-bootstrap", "shop-registry"}
    assert team.client("ecs").list_clusters()["clusterArns"] == []
    assert team.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert team.client("logs").describe_log_groups()["logGroups"] == []
    done = team.make("destroy", "ENV=dev", "SHARED=yes", "CONFIRM=dev", "PURGE=yes")
    assert done.code == 0, done.text
    assert team.stacks() == {}
    assert team.client("s3").list_buckets()["Buckets"] == []
    assert team.client("ecr").describe_repositories()["repositories"] == []
    assert team.client("iam").list_roles()["Roles"] == []
    again = team.make("destroy", "ENV=dev", "CONFIRM=dev")
    assert (again.code, "nothing to delete" in again.out) == (0, True)
