"""A coloured service gets another version: it is followed, taken back while it bakes, and taken back afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import pytest

from tapgen.localaws.process import running

from .conftest import New
from .platform import SMALL, VENV, Done, Repository

pytestmark = pytest.mark.slow

BLUE_GREEN = SMALL.replace(
    "    network:",
    "    deployment: {strategy: blue-green, bake_minutes: 1, test: {enabled: false}}\n    network:",
)


@pytest.fixture(scope="module")
def baking_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """One where a bake can be watched: a minute of it takes a fifth of a second."""
    with running(tmp_path_factory.mktemp("baking"), settings={"TAPGEN_LOCALAWS_MINUTE": "0.2"}) as client:
        yield client


def told(done: Done, code: int, *wanted: str) -> None:
    assert (done.code, done.lacks(*wanted)) == (code, []), done.text


def image(team: Repository) -> str:
    return str(team.container("web")["image"].partition("@")[2])


def baking(team: Repository) -> None:
    """Wait until the newest deployment bakes."""
    end = time.monotonic() + 60
    while team.rollout("web")["lifecycleStage"] != "BAKE_TIME":
        assert time.monotonic() < end, team.rollout("web")


def test_forward_and_back_while_it_bakes_and_back_afterwards(new: New, baking_aws: Mapping[str, str]) -> None:
    team = new(baking_aws, BLUE_GREEN)
    team.prepared()
    first, second = team.push("web"), team.push("web", log="second")
    team.use(web=first)
    team.made()
    told(team.make("status", "ENV=dev"), 0, "service web  ok         blue-green  2 of 2 tasks; green live (blue 0 %,")
    team.edit("bake_minutes: 1,", "bake_minutes: 1440,")
    team.deployed()
    _back_while_it_bakes(team, first, second)
    team.edit("bake_minutes: 1440,", "bake_minutes: 75,")
    _followed_to_its_end(team, second)
    team.edit("bake_minutes: 75,", "bake_minutes: 1,")
    told(team.make("rollback", "ENV=dev", "SERVICE=web"), 0, f"web goes back to {first}", "make deploy ENV=dev")
    team.commit()
    team.deployed()
    assert image(team) == first


def _back_while_it_bakes(team: Repository, first: str, second: str) -> None:
    release = ("release", "web", "--image", second, "-e", "dev")
    told(team.deploy(*release), 0, "Next: review it (git diff), commit")
    team.commit()
    deploying = team.start(str(VENV / "bin" / "tapgen-deploy"), *release)
    baking(team)
    told(team.make("status", "ENV=dev"), 0, "service web  deploying  blue-green", "blue live", "bake time, deploying")
    told(team.deploy("deploy", "-e", "dev"), 4, "(UPDATE_IN_PROGRESS)")
    done = team.make("rollback", "ENV=dev", "SERVICE=web")
    told(done, 0, "web: rolled back: Service deployment rolled back because of a request", f"/shop/web@{first}")
    told(done, 0, "named the version that was rolled back", f"{second[7:19]} -> {first[7:19]}", "make deploy ENV=dev")
    failed, _ = deploying.communicate()
    assert deploying.returncode == 1
    assert failed.splitlines()[-2:] == [
        "error: shop-dev / ServiceWeb: service Service: it was rolled back, as asked",
        "shop-dev is as it was before, and serves its previous version",
    ]
    assert f"web: {first}" in (team.folder / "tapgen.images.yaml").read_text("utf-8")
    told(team.make("status", "ENV=dev"), 0, "service web  ok", "its last deployment was rolled back", "as asked")
    team.commit()
    told(team.deploy("deploy", "-e", "dev"), 0, "nothing had to change")
    assert image(team) == first


def _followed_to_its_end(team: Repository, second: str) -> None:
    team.use(web=second)
    deploying = team.begin()
    team.until("UPDATE_IN_PROGRESS")
    followed = team.make("watch", "ENV=dev", "SERVICE=web")
    told(followed, 0, "web: bake time", "blue live (blue 100 %, green 0 %)", "web: deployed")
    deploying.communicate()
    assert (deploying.returncode, image(team)) == (0, second)
    told(team.make("watch", "ENV=dev"), 0, "nothing is being deployed to shop-dev", "service web  ok")
