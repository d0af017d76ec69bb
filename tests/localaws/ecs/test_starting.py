"""A task that is stopped before it runs."""

from __future__ import annotations

import asyncio

import pytest

from tapgen.localaws.ecs import starting
from tapgen.localaws.ecs.images import Behaviour
from tapgen.localaws.ecs.state import Task


def task() -> Task:
    arn = "arn:aws:ecs:eu-central-1:000000000000:task/here/1"
    definition = {"containerDefinitions": [{"name": "app", "image": "own:1"}]}
    return Task(arn, arn, definition, "family:one", "", "10.0.0.1", "subnet-1", {})


async def stopped_while(image_is_pulled: bool, monkeypatch: pytest.MonkeyPatch) -> Task:
    made, pulling = task(), asyncio.Event()

    async def pulled(_image: str) -> Behaviour:
        pulling.set()
        await asyncio.sleep(0)
        return Behaviour()

    monkeypatch.setattr(starting, "behaviour", pulled)
    starts = asyncio.create_task(starting.run(made))
    if image_is_pulled:
        await pulling.wait()
    else:
        await asyncio.sleep(0)
    made.end("UserInitiated", "enough")
    await starts
    return made


@pytest.mark.parametrize("image_is_pulled", [False, True])
def test_it_stays_stopped(image_is_pulled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found = asyncio.run(stopped_while(image_is_pulled, monkeypatch))
    assert (found.status, found.stop_code) == ("STOPPED", "UserInitiated")
