"""What an update replaced and CloudFormation could not delete: it says UPDATE_COMPLETE all the same."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from tapgen.deploy import stacks
from tapgen.deploy.aws import Answer, Aws, AwsError
from tapgen.deploy.operation import Operation
from tapgen.deploy.stacks import NESTED, Event

PATIENCE = 300.0
"""Seconds that a second attempt at a deletion may take."""


def left(operation: Operation) -> list[Event]:
    """What an operation that succeeded has left behind, each once, as its last failure says.

    A stack that is left stands for all that is left in it.
    """
    failed = [each for each in operation.failures() if each.status == "DELETE_FAILED" and each.physical_id]
    stacks_left = {each.physical_id for each in failed if each.type == NESTED}
    found = {each.physical_id: each for each in failed if not each.of_stack and each.stack_id not in stacks_left}
    return list(found.values())


def retry(aws: Aws, leftovers: list[Event]) -> Iterator[tuple[Event, str]]:
    """Try once more to delete each, and say of those that stay why."""
    for event in leftovers:
        try:
            reason = _stack(aws, event) if event.type == NESTED else _resource(aws, event)
        except AwsError as error:
            reason = error.message
        if reason:
            yield event, reason


def _stack(aws: Aws, event: Event) -> str:
    aws("cloudformation", "delete-stack", "--stack-name", event.physical_id)
    end = time.monotonic() + PATIENCE
    while (stack := stacks.get(aws, event.physical_id)).status != "DELETE_COMPLETE":
        if stack.status == "DELETE_FAILED" or time.monotonic() > end:
            return stack.reason or stack.status
        time.sleep(2)
    return ""


def deletion(aws: Aws, kind: str, physical_id: str) -> Answer:
    """Begin to delete a resource of whatever type; how far it has come.

    As JSON: version 1 of the CLI would fetch the URL of a queue where it stands as a parameter.

    Raises:
        AwsError: AWS could not be asked.
    """
    given = json.dumps({"TypeName": kind, "Identifier": physical_id})
    event: Answer = aws("cloudcontrol", "delete-resource", "--cli-input-json", given)["ProgressEvent"]
    return event


def _resource(aws: Aws, event: Event) -> str:
    """Not a resource of any stack any more, so only the API for all types can delete it without knowing more.

    Source: https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations-delete.html
    """
    answer = deletion(aws, event.type, event.physical_id)
    end = time.monotonic() + PATIENCE
    while answer["OperationStatus"] in ("PENDING", "IN_PROGRESS") and time.monotonic() < end:
        time.sleep(2)
        token = ("--request-token", answer["RequestToken"])
        answer = aws("cloudcontrol", "get-resource-request-status", *token)["ProgressEvent"]
    done = answer["OperationStatus"] == "SUCCESS" or answer.get("ErrorCode") == "NotFound"
    return "" if done else str(answer.get("StatusMessage", answer["OperationStatus"]))
