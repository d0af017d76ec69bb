"""Operations on stacks, in the background, one at a time for each stack."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from tapgen.localaws.cloudformation.changesets import ChangeSet, mark_execution
from tapgen.localaws.cloudformation.deployment import Deployment
from tapgen.localaws.cloudformation.failures import StackFailedError
from tapgen.localaws.cloudformation.removal import remove_stack
from tapgen.localaws.cloudformation.stacks import Stack
from tapgen.localaws.protocol import ServiceError

_RUNNING = set[asyncio.Task[None]]()

_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "REVIEW_IN_PROGRESS")


def refuse_unless_updatable(stack: Stack) -> None:
    """Stacks that nothing but deletion, or going on with the way back, can help.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes

    Raises:
        ServiceError: the stack is in no state to be updated.
    """
    if stack.status not in _UPDATABLE:
        raise ServiceError("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def start(stack: Stack, operation: Coroutine[Any, Any, None]) -> None:
    """Run an operation; one that breaks leaves the stack failed, not waiting."""
    task = asyncio.get_running_loop().create_task(_guarded(stack, operation))
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)


async def _guarded(stack: Stack, operation: Coroutine[Any, Any, None]) -> None:
    try:
        await operation
    except Exception as error:
        stack.enter(stack.status.replace("_IN_PROGRESS", "_FAILED"), f"Internal Failure: {error!r}")
        raise


async def deploy(deployment: Deployment, on_failure: str = "ROLLBACK", change_set: ChangeSet | None = None) -> None:
    """Bring a root stack to a revision, and what belongs to it."""
    try:
        await deployment.attempt()
    except StackFailedError:
        outcome = "EXECUTE_FAILED"
        if on_failure == "DELETE" and deployment.verb == "CREATE":
            await remove_stack(deployment.stack)
    else:
        outcome = "EXECUTE_COMPLETE"
        await deployment.commit()
    if change_set:
        mark_execution(change_set, outcome)
