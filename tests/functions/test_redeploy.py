"""Which services get new tasks after a rotation, and when they do not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from tests.functions.cluster import load

SECRET, OTHER = "arn:aws:secretsmanager:eu-west-1:1:secret:shop", "arn:aws:secretsmanager:eu-west-1:1:secret:other"
ORDER, WEB = "arn:aws:ecs:eu-west-1:1:service/c/order", "arn:aws:ecs:eu-west-1:1:service/c/web"
SECRETS_OF = {ORDER: [SECRET, OTHER], WEB: [OTHER]}


def at(hour: int) -> datetime:
    """A time of one day."""
    return datetime(2026, 1, 1, hour, tzinfo=UTC)


def deployment(hour: int, state: str = "COMPLETED") -> dict[str, Any]:
    """A deployment that began then."""
    return {"createdAt": at(hour), "rolloutState": state}


class Secrets:
    """When each secret was rotated."""

    def __init__(self, rotated: dict[str, datetime]) -> None:
        self.rotated = rotated

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803
        """As Secrets Manager: a secret that was never rotated has no such date."""
        return {"LastRotatedDate": self.rotated[SecretId]} if SecretId in self.rotated else {}


class Ecs:
    """The deployments of each service, and what was asked of them."""

    def __init__(self, deployments: dict[str, Sequence[dict[str, Any]]]) -> None:
        self.deployments, self.updated = deployments, list[str]()

    def describe_services(self, *, cluster: str, services: list[str]) -> dict[str, Any]:
        """As ECS."""
        return {"services": [{"deployments": self.deployments[name]} for name in services]}

    def update_service(self, *, cluster: str, service: str, forceNewDeployment: bool) -> None:  # noqa: N803
        """As ECS."""
        assert forceNewDeployment
        self.updated.append(service)


@pytest.fixture(scope="module")
def function() -> ModuleType:
    """The function, in this process."""
    environment = {"AWS_DEFAULT_REGION": "eu-west-1", "CLUSTER": "c", "SECRETS_OF": json.dumps(SECRETS_OF)}
    return load("redeploy", environment)


@pytest.mark.parametrize(
    ("rotated", "order", "web", "updated"),
    [
        pytest.param({}, [deployment(1)], [deployment(1)], [], id="never rotated"),
        pytest.param({SECRET: at(2)}, [deployment(1)], [deployment(1)], [ORDER], id="only who has the secret"),
        pytest.param({OTHER: at(2)}, [deployment(1)], [deployment(1)], [ORDER, WEB], id="everyone who has it"),
        pytest.param({SECRET: at(2)}, [deployment(3)], [deployment(1)], [], id="begun after the rotation"),
        pytest.param({SECRET: at(2), OTHER: at(4)}, [deployment(3)], [deployment(5)], [ORDER], id="the last counts"),
        pytest.param({SECRET: at(2)}, [deployment(1, "IN_PROGRESS")], [deployment(1)], [], id="waits"),
        pytest.param({SECRET: at(2)}, [deployment(1), deployment(0)], [deployment(1)], [], id="waits for the old"),
        pytest.param({SECRET: at(2)}, [deployment(1, "FAILED")], [deployment(1)], [ORDER], id="after a failure"),
    ],
)
def test_who_is_redeployed(
    function: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    rotated: dict[str, datetime],
    order: Sequence[dict[str, Any]],
    web: Sequence[dict[str, Any]],
    updated: list[str],
) -> None:
    ecs = Ecs({ORDER: order, WEB: web})
    monkeypatch.setattr(function, "SECRETS", Secrets(rotated))
    monkeypatch.setattr(function, "ECS", ecs)
    function.handler({"source": "aws.events", "resources": []}, None)
    assert ecs.updated == updated


@pytest.mark.parametrize("rotated", [{}, {SECRET: at(0)}])
def test_the_event_of_a_new_value_comes_before_the_secret_says_so(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch, rotated: dict[str, datetime]
) -> None:
    ecs = Ecs({ORDER: [deployment(1)], WEB: [deployment(1)]})
    monkeypatch.setattr(function, "SECRETS", Secrets(rotated))
    monkeypatch.setattr(function, "ECS", ecs)
    function.handler({"source": "aws.secretsmanager", "resources": [SECRET], "time": "2026-01-01T02:00:00Z"}, None)
    assert ecs.updated == [ORDER]
