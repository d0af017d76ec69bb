"""Deployments go their way one after the other."""

from __future__ import annotations

import asyncio

import pytest

from tapgen.localaws.ecs import colours, scheduler
from tapgen.localaws.ecs.state import Deployment, Service

SETTINGS = {"serviceName": "shop", "deploymentConfiguration": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0}}
ARN = "arn:aws:ecs:eu-west-1:111111111111:service/here/shop"


async def begun_while_the_first_cleans_up(monkeypatch: pytest.MonkeyPatch) -> tuple[Deployment, Deployment]:
    first, second = Deployment(SETTINGS, {}), Deployment(SETTINGS, {})
    shop, real = Service(ARN, ARN, SETTINGS, 0, [first]), scheduler.complete

    async def complete(service: Service, deployment: Deployment) -> None:
        if deployment is first:
            service.deployments.insert(0, second)
            colours.begin(service)
            for _ in range(20):
                await asyncio.sleep(0.01)
        await real(service, deployment)

    monkeypatch.setattr(colours, "complete", complete)
    colours.begin(shop)
    async with asyncio.timeout(30):
        while not second.progress.finished:
            await asyncio.sleep(0.01)
    return first, second


def test_a_deployment_that_only_has_to_clean_up_has_succeeded(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = asyncio.run(begun_while_the_first_cleans_up(monkeypatch))
    assert (first.progress.status, second.progress.status) == ("SUCCESSFUL", "SUCCESSFUL")
    assert second.source is first
