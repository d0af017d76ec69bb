"""A platform with mutual TLS in the local AWS, and its tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.localaws.account import REGION, Account
from tests.mesh.mutual.running import Running, deployment, task_definitions


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The account that the platform is in."""
    with deployment(tmp_path_factory.mktemp("mutual")) as account:
        yield account


@pytest.fixture(scope="session")
def definitions(deployed: Account) -> dict[str, Any]:
    """The task definition of each service, as ECS has it."""
    return task_definitions(deployed)


@pytest.fixture(scope="module")
def platform(
    deployed: Account, definitions: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Nothing runs yet."""
    aws = {**deployed.environment, "AWS_REGION": REGION}
    with Running(definitions, tmp_path_factory.mktemp("tasks"), aws) as started:
        yield started
