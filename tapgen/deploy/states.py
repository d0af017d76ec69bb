"""What each state of a stack means for whoever wants to change it, and the way out of those where nothing can change.

The states are those of https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """What a stack in some state is like."""

    meaning: str
    """In words that go on from "the stack": `is being updated`."""

    way_out: str = ""
    """What to do before the stack can be changed; nothing where it can be changed as it is. In it stand `{stack}`,
    `{again}`, the command that was wanted, and `{remove}`, the command that deletes the stack."""

    busy: bool = False
    """AWS is at work, and it ends by itself."""

    @property
    def changeable(self) -> bool:
        """Whether a new version can be deployed."""
        return not self.way_out


_WAIT = "wait until it is done, then: {again}"
_ROLL_BACK = "aws cloudformation rollback-stack --stack-name {stack}, then: {again}"
_REMOVE = "{remove}, then: {again}"

STATES: Mapping[str, State] = {
    "CREATE_COMPLETE": State("is there"),
    "UPDATE_COMPLETE": State("is there"),
    "UPDATE_ROLLBACK_COMPLETE": State("is there, as before its last update, which failed"),
    "IMPORT_COMPLETE": State("is there"),
    "IMPORT_ROLLBACK_COMPLETE": State("is there, as before its last import, which failed"),
    "REVIEW_IN_PROGRESS": State("has been previewed and not been created"),
    "CREATE_IN_PROGRESS": State(
        "is being created", _WAIT + ". To cancel: aws cloudformation delete-stack --stack-name {stack}", busy=True
    ),
    "UPDATE_IN_PROGRESS": State(
        "is being updated",
        _WAIT + ". To cancel: aws cloudformation cancel-update-stack --stack-name {stack}",
        busy=True,
    ),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": State("is updated, and what it replaced is being deleted", _WAIT, busy=True),
    "UPDATE_ROLLBACK_IN_PROGRESS": State("is going back to its previous version", _WAIT, busy=True),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": State(
        "is back at its previous version, and what the failed one made is being deleted", _WAIT, busy=True
    ),
    "ROLLBACK_IN_PROGRESS": State("could not be created, and what was made is being deleted", _WAIT, busy=True),
    "DELETE_IN_PROGRESS": State("is being deleted", _WAIT, busy=True),
    "IMPORT_IN_PROGRESS": State("is importing resources", _WAIT, busy=True),
    "IMPORT_ROLLBACK_IN_PROGRESS": State("is giving imported resources back", _WAIT, busy=True),
    "CREATE_FAILED": State("could not be created, and nothing was undone", _REMOVE),
    "ROLLBACK_COMPLETE": State("could not be created; an empty stack is left, which can only be deleted", _REMOVE),
    "ROLLBACK_FAILED": State("could not be created, and what was made could not all be deleted", _REMOVE),
    "DELETE_FAILED": State("could not be deleted whole, and can only be deleted", _REMOVE),
    "UPDATE_FAILED": State("could not be updated, and nothing was undone", _ROLL_BACK),
    "UPDATE_ROLLBACK_FAILED": State(
        "could neither be updated nor go back to its previous version",
        "find out what stood in the way (aws cloudformation describe-stack-events --stack-name {stack}), remove it, "
        "aws cloudformation continue-update-rollback --stack-name {stack}, then: {again}",
    ),
    "IMPORT_ROLLBACK_FAILED": State(
        "could neither import resources nor give them back", "give them back yourself, then: {again}"
    ),
}
"""Every state that CloudFormation knows, but for that of a stack that is gone."""

UNKNOWN = State("is in a state that tapgen does not know", "look at it in the console of CloudFormation")


def state(status: str) -> State:
    """What the status of a stack means."""
    return STATES.get(status, UNKNOWN)
