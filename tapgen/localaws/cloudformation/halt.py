"""Stopping an operation: what is under way learns of it where it waits."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


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

    @asynccontextmanager
    async def paced(self, kind: str) -> AsyncIterator[None]:
        """Make what is done take the time that the environment says: `0.3` for any, `AWS::ECS::Service=5` for those."""
        only, _, number = os.environ.get("TAPGEN_LOCALAWS_PACE", "0").rpartition("=")
        clock = asyncio.get_running_loop().time
        end = clock() + (float(number) if only in ("", kind) else 0.0)
        await asyncio.sleep(0)
        try:
            yield
        finally:
            while clock() < end and not self.called:
                await asyncio.sleep(0.02)
        self.check()
