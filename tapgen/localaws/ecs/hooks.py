"""Lifecycle hooks: functions that may say no to a deployment.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

from tapgen.localaws.calls import call
from tapgen.localaws.ecs.roles import assumable
from tapgen.localaws.ecs.strategies import seconds
from tapgen.localaws.protocol import Fields, ServiceError

_DELAY = 30
_LONGEST = 1440


class Hook:
    """One hook in one deployment."""

    def __init__(self, said: Fields) -> None:
        self.stages: list[str] = said["lifecycleStages"]
        self._function, self._role = said["hookTargetArn"], said["roleArn"]
        self._limit: Fields = said.get("timeoutConfiguration", {})
        self._details: Any = said.get("hookDetails")
        """What the service says, and what the function adds to it for its next time."""

    async def refusal(self, event: Fields) -> str:
        """Ask until it says yes or no, or until its time is over; gives why it does not say yes.

        Only the time between two answers counts: how long a function runs here says nothing about AWS.
        """
        if not await assumable(self._role):
            return f"ECS was unable to assume role {self._role}"
        minutes = 0.0
        while minutes < self._limit.get("timeoutInMinutes", _LONGEST):
            try:
                said = await self._answer(event)
            except ServiceError as error:
                return f"ECS was unable to invoke hook target {self._function} due to {error.message}"
            match said.get("hookStatus"):
                case "SUCCEEDED":
                    return ""
                case "FAILED":
                    return f"Lifecycle hook target {self._function} returned FAILED status."
                case "IN_PROGRESS":
                    self._remember(said.get("hookDetails"))
                    pause = float(said.get("callBackDelay", _DELAY)) / 60
                    await asyncio.sleep(seconds(pause))
                    minutes += pause
                case _:
                    text = "HookStatus must not be null"
                    return f"ECS was unable to parse the response from {self._function} due to {text}"
        return "" if self._limit.get("action") == "CONTINUE" else f"Lifecycle hook target {self._function} timed out."

    def _remember(self, details: Any) -> None:
        if isinstance(self._details, dict) and isinstance(details, dict):
            self._details = self._details | details
        else:
            self._details = details or self._details

    async def _answer(self, event: Fields) -> Fields:
        details = {"hookDetails": self._details} if self._details else {}
        payload = json.dumps({"executionId": str(uuid4())} | event | details)
        answer = await call("lambda", "Invoke", FunctionName=self._function, Payload=payload)
        try:
            said = json.loads(answer["Payload"])
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}
