"""A local AWS for each worker, and an account of it for each repository."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from itertools import count

import pytest

from tapgen.localaws.process import running

from .platform import SMALL, Repository, repository
from .standby import standing_by

_ACCOUNTS = count(100_000_000_001)


@pytest.fixture(scope="session", autouse=True)
def _quick_cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The real AWS CLI on the PATH, without its start."""
    with standing_by(tmp_path_factory.mktemp("cli")) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        yield


@pytest.fixture(scope="session")
def living_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment of a client of one where containers run."""
    with running(tmp_path_factory.mktemp("living"), settings={"TAPGEN_LOCALAWS_RUN_TASKS": "1"}) as client:
        yield client


@pytest.fixture(scope="session")
def quick_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """One where everything is there at once."""
    with running(tmp_path_factory.mktemp("quick")) as client:
        yield client


@pytest.fixture(scope="session")
def slow_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """One where services take their time, so that something can happen meanwhile."""
    with running(tmp_path_factory.mktemp("slow"), settings={"TAPGEN_LOCALAWS_PACE": "AWS::ECS::Service=5"}) as client:
        yield client


New = Callable[[Mapping[str, str], str], Repository]


@pytest.fixture
def new(tmp_path_factory: pytest.TempPathFactory) -> New:
    """Makes repositories of teams that know nothing of each other."""
    return lambda client, text: repository(tmp_path_factory.mktemp("team"), client, str(next(_ACCOUNTS)), text)


@pytest.fixture
def team(new: New, quick_aws: Mapping[str, str]) -> Repository:
    """A team with nothing deployed."""
    return new(quick_aws, SMALL)


@pytest.fixture
def settled(team: Repository) -> Repository:
    """A team whose environment is deployed as it is checked in."""
    team.ready_made()
    return team


@pytest.fixture
def patient(new: New, slow_aws: Mapping[str, str]) -> Repository:
    """A team with all it needs to deploy, where services take their time."""
    made = new(slow_aws, SMALL)
    made.prepared()
    return made


@pytest.fixture
def living(new: New, living_aws: Mapping[str, str]) -> Repository:
    """A team with nothing deployed, where containers run."""
    return new(living_aws, SMALL)
