"""Changes: seen before, carried out as they were seen, or not at all."""

from __future__ import annotations

import pytest

from .platform import Repository

pytestmark = pytest.mark.slow


def preview(team: Repository, *told: str) -> str:
    """Look, and give the name of what was seen."""
    done = team.make("preview", "ENV=dev")
    assert done.code == 0, done.text
    assert done.lacks(*told) == [], done.text
    return done.text.strip().rpartition("CHANGESET=")[2]


def test_what_was_seen_is_carried_out_and_nothing_else(settled: Repository) -> None:
    team = settled
    team.edit("path: /web", "path: /web, stop_timeout: 40")
    told = ("~ stack ServiceWeb", "! task definition TaskDefinition", "(ContainerDefinitions)", "to replace")
    seen = preview(team, *told, "  dev/service-web.Service: 4 to 20 tasks, 4 to 20 vCPU\n")
    done = team.make("deploy", "ENV=dev", f"CHANGESET={seen}")
    assert done.code == 0, done.text
    assert team.container("web")["stopTimeout"] == 40
    again = team.deploy("deploy", "-e", "dev", "--change-set", seen)
    assert (again.code, again.lacks("look again: make preview")) == (4, [])

    team.edit("stop_timeout: 40", "stop_timeout: 35")
    seen = preview(team)
    team.edit("stop_timeout: 35", "stop_timeout: 45")
    refused = team.deploy("deploy", "-e", "dev", "--change-set", seen)
    assert (refused.code, refused.lacks(f"what is checked in has changed since {seen} was made")) == (4, [])

    team.edit("stop_timeout: 45", "stop_timeout: 35")
    team.aws.cloudformation.update_stack(
        StackName="shop-dev", UsePreviousTemplate=True, Capabilities=["CAPABILITY_IAM"], Tags=[]
    )
    team.until("UPDATE_COMPLETE")
    refused = team.deploy("deploy", "-e", "dev", "--change-set", seen)
    assert (refused.code, refused.lacks("look again: make preview")) == (4, [])
    assert team.container("web")["stopTimeout"] == 40


def test_previews_of_a_new_environment_are_no_obstacle(team: Repository) -> None:
    """Neither to the end, nor to another preview, nor to a deployment of something else."""
    team.prepared()
    preview(team, "+ stack Network", "+ NAT gateway", "+ service Service", "to create")
    done = team.deploy("destroy", "-e", "dev", "--confirm", "dev")
    assert done.code == 0, done.text
    assert set(team.stacks()) == {"shop-bootstrap", "shop-registry"}
    for _ in range(2):
        seen = preview(team)
    (only,) = team.aws.cloudformation.list_change_sets(StackName="shop-dev")["Summaries"]
    assert only["ChangeSetName"] == seen
    reviews = [name for name, status in team.stacks().items() if status == "REVIEW_IN_PROGRESS"]
    assert len(reviews) == 1 + len(team.checked_in()) - 3, "what the first preview had made is gone"
    team.edit("cpu: 512, memory: 1024", "cpu: 256, memory: 2048")
    team.deployed()
    assert set(team.stacks().values()) == {"CREATE_COMPLETE"}
    done = team.make("preview", "ENV=dev")
    assert (done.code, done.lacks("nothing would change")) == (0, [])
    assert team.aws.cloudformation.list_change_sets(StackName="shop-dev")["Summaries"] == []


def test_a_service_comes_and_goes(settled: Repository) -> None:
    team = settled
    text = (team.folder / "tapgen.yaml").read_text("utf-8")
    team.edit("environments:", "  job: {}\nenvironments:")
    refused = team.deploy("deploy", "-e", "dev")
    assert (refused.code, refused.lacks("shop-registry is not what registry.yaml says", "make registry")) == (4, [])
    assert team.make("registry", "ENV=dev").code == 0
    team.deployed()
    arn = team.physical("service-job", "Service")
    assert team.service("job")["status"] == "ACTIVE"
    team.write(text)
    team.registered()
    team.deployed()
    (gone,) = team.aws("ecs").describe_services(cluster=arn.split("/")[1], services=[arn])["services"]
    assert gone["status"] == "INACTIVE"
    assert len(team.stacks()) == 3 + len(team.nested())


def test_images_in_use_are_marked_and_those_that_are_not_there_refused(settled: Repository) -> None:
    team = settled
    nowhere = "sha256:" + "0" * 64
    team.use(web=nowhere)
    refused = team.deploy("deploy", "-e", "dev")
    assert (refused.code, refused.lacks(f"shop/web@{nowhere}", "make images ENV=dev")) == (4, [])
    first, second = team.push("api"), team.push("api", log="second")
    for digest in (first, second):
        team.use(api=digest)
        team.deployed()
    images = team.aws("ecr").describe_images(repositoryName="shop/api")["imageDetails"]
    tags = {each["imageDigest"]: set(each["imageTags"]) for each in images}
    assert {"in-use-dev", "in-use-dev.next"} <= tags[second]
    assert not any(tag.startswith("in-use") for tag in tags[first])
    assert team.container("api")["image"].endswith(f"/shop/api@{second}")
