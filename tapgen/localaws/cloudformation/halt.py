"""Stopping an operation: what is under way learns of it where it waits."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable


class CancelledByHaltError(Exception):
    """What was under way has been stopped."""

    def __init__(self) -> None:
        super().__init__("Resource creation cancelled")


class Halt:
    """Whether an operation, or one around it, is to stop."""

    def __init__(self, around: Halt | None = None) -> None:
        self._around = around
        self._called = False
        self.by_user = False

    def call(self, *, by_user: bool = False) -> None:
        """Stop what is under way, here and in the stacks within."""
        self._called = True
        self.by_user = self.by_user or by_user

    @property
    def called(self) -> bool:
        """Whether it is time to stop."""
        return self._called or bool(self._around and self._around.called)

    def check(self) -> None:
        """Stop here, if it is time.

        Raises:
            CancelledByHaltError: it is.
        """
        if self.called:
            raise CancelledByHaltError

    async def until(self, done: Callable[[], bool], pause: float = 0.02) -> None:
        """Wait for *done*."""
        while not done():
            self.check()
            await asyncio.sleep(pause)

    async def pace(self, kind: str) -> None:
        """Take the time that the environment says a resource takes at least: `0.3` any, `AWS::ECS::Service=5` those."""
        only, _, number = os.environ.get("TAPGEN_LOCALAWS_PACE", "0").rpartition("=")
        seconds = float(number) if only in ("", kind) else 0.0
        end = asyncio.get_running_loop().time() + seconds
        await asyncio.sleep(0)
        if seconds:
            await self.until(lambda: asyncio.get_running_loop().time() >= end)
        self.check()
