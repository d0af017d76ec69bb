"""Another version of a service, and the one before: from the registry into the file, the templates, and the tasks."""

from __future__ import annotations

import pytest

from .platform import Done, Repository

pytestmark = pytest.mark.slow


def told(done: Done, code: int, *wanted: str) -> Done:
    assert done.code == code, done.text
    assert done.lacks(*wanted) == [], done.text
    assert "Traceback" not in done.text
    return done


def named(team: Repository) -> str:
    return (team.folder / "tapgen.images.yaml").read_text("utf-8")


def test_a_release_is_written_down_reviewed_and_then_deployed(settled: Repository) -> None:
    team = settled
    first, second = team.push("web"), team.push("web", log="second")
    done = told(team.make("release", "ENV=dev", "SERVICE=web", "IMAGE=v"), 0, "web: nothing -> ", "service-web.yaml")
    assert done.lacks("tapgen.images.yaml", "Next: review it (git diff), commit, and make deploy ENV=dev") == []
    assert f"web: {first}" in named(team)
    assert team.status == "CREATE_COMPLETE", "nothing is deployed that nobody has reviewed"
    team.commit()
    told(team.make("release", "ENV=dev", "SERVICE=web", f"IMAGE={first}"), 0, "as before", "what its templates")
    assert team.container("web")["image"].endswith(f"/shop/web@{first}")

    reference = f"{team.aws.number}.dkr.ecr.eu-west-1.amazonaws.com/shop/web@{second}"
    told(team.deploy("release", "web", "--image", reference, "-e", "dev"), 0, f"{first[7:19]} -> {second[7:19]}")
    team.commit()
    told(team.deploy("release", "web", "--image", "shop/web:v-log", "-e", "dev"), 0, "ServiceWeb: updated")
    assert team.container("web")["image"].endswith(f"/shop/web@{second}")

    done = told(team.make("rollback", "ENV=dev", "SERVICE=web"), 0, f"web goes back to {first}", "as it is")
    assert f"web: {first}" in named(team)
    team.commit()
    team.deployed()
    assert team.container("web")["image"].endswith(f"/shop/web@{first}")
    told(team.deploy("rollback", "web", "-e", "dev"), 4, f"knows no image of web for dev before {first}")


def test_what_cannot_be_released_is_refused(settled: Repository) -> None:
    team = settled
    release = ("release", "-e", "dev", "--image")
    digest = team.push("api")
    told(
        team.deploy(*release, digest, "web"), 4, f"there is no {digest} in shop/web", "make images ENV=dev SERVICES=web"
    )
    told(team.deploy(*release, "v9", "api"), 4, "there is no v9 in shop/api")
    told(team.deploy(*release, "docker.io/library/redis:8", "api"), 4, "is not in shop/api, the repository of api")
    told(team.deploy(*release, digest, "wep"), 2, "there is no image 'wep' in dev", "did you mean `web`?")
    told(team.make("release", "ENV=dev", "SERVICE=web"), 2, "which image? Say: IMAGE=…")
    told(team.make("release", "ENV=dev", "IMAGE=v"), 2, "which service? Say: SERVICE=…", "web, api")
    told(team.deploy("rollback", "web", "-e", "dev"), 4, "names no image of web for dev")
    assert not (team.folder / "tapgen.images.yaml").exists()
    team.use(api=digest)
    (image,) = team.aws("ecr").batch_get_image(repositoryName="shop/api", imageIds=[{"imageTag": "v"}])["images"]
    team.use(api=team.push("api", log="newer"))
    team.aws("ecr").batch_delete_image(repositoryName="shop/api", imageIds=[image["imageId"]])
    told(team.deploy("rollback", "api", "-e", "dev"), 4, f"there is no {digest} in shop/api")


def test_a_service_that_somebody_changed_by_hand_is_not_deployed_over(settled: Repository) -> None:
    team = settled
    deployed, by_hand, wanted = team.push("api"), team.push("api", log="hand"), team.push("api", log="x", other="y")
    team.use(api=deployed)
    team.deployed()
    before = team.service("api")
    definition = team.aws("ecs").describe_task_definition(taskDefinition=before["taskDefinition"])["taskDefinition"]
    container = definition["containerDefinitions"][0]
    other = team.aws("ecs").register_task_definition(
        family="by-hand",
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[container | {"image": container["image"].replace(deployed, by_hand)}],
    )["taskDefinition"]["taskDefinitionArn"]
    where = {"cluster": before["clusterArn"], "service": before["serviceArn"]}
    team.aws("ecs").update_service(**where, taskDefinition=other)
    team.rest("api")

    team.use(api=wanted)
    done = told(team.deploy("deploy", "-e", "dev"), 4, "services run something else than was deployed")
    assert done.lacks(by_hand, deployed, wanted, f"--task-definition {before['taskDefinition']}", "ANYWAY=yes") == []
    assert team.service("api")["taskDefinition"] == other
    team.use(api=by_hand)
    team.deployed()
    assert team.container("api")["image"].endswith(by_hand)

    team.aws("ecs").update_service(**where, taskDefinition=other)
    team.rest("api")
    told(team.make("deploy", "ENV=dev"), 2, "the same image otherwise: by-hand:1")
    team.use(api=wanted)
    told(team.make("deploy", "ENV=dev", "ANYWAY=yes"), 0)
    assert team.container("api")["image"].endswith(wanted)
