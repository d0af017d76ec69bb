"""Stacks as CloudFormation tells of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from tapgen.deploy.aws import Answer, Aws, AwsError
from tapgen.deploy.states import State, state

NESTED = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Stack:
    """One stack as it is now."""

    name: str
    id: str
    status: str
    reason: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    protected: bool
    """Whether its deletion is refused."""

    root_id: str
    """The id of the root that it is nested in, if it is."""

    @property
    def state(self) -> State:
        return state(self.status)

    @property
    def exists(self) -> bool:
        """Whether it is more than a preview."""
        return self.status != "REVIEW_IN_PROGRESS"


@dataclass(frozen=True)
class Event:
    """What happened to one resource of a stack."""

    id: str
    time: datetime
    stack_id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    token: str
    """The token of the operation that it belongs to, as whoever began that gave it."""

    @property
    def of_stack(self) -> bool:
        """Whether it tells of the stack itself."""
        return self.physical_id == self.stack_id

    @property
    def nested(self) -> bool:
        """Whether it tells of a stack nested in this one, whose id is known by now."""
        return self.type == NESTED and not self.of_stack and self.physical_id.startswith("arn:")

    @property
    def failed(self) -> bool:
        return self.status.endswith("_FAILED")


@dataclass(frozen=True)
class Resource:
    """One resource of a stack."""

    logical_id: str
    physical_id: str
    type: str
    status: str


def find(aws: Aws, name: str) -> Stack | None:
    """The stack of that name or id, unless there is none or it was deleted.

    Raises:
        AwsError: AWS could not be asked.
    """
    try:
        (found,) = aws("cloudformation", "describe-stacks", "--stack-name", name)["Stacks"]
    except AwsError as error:
        if error.code == "ValidationError" and "does not exist" in error.message:
            return None
        raise
    return _stack(found) if found["StackStatus"] != "DELETE_COMPLETE" else None


def get(aws: Aws, stack_id: str) -> Stack:
    """The stack of that id, deleted or not.

    Raises:
        AwsError: AWS could not be asked, or never had such a stack.
    """
    (found,) = aws("cloudformation", "describe-stacks", "--stack-name", stack_id)["Stacks"]
    return _stack(found)


def everything(aws: Aws) -> dict[str, Stack]:
    """Every stack of the account and Region that is not deleted, by name.

    Raises:
        AwsError: AWS could not be asked.
    """
    found = [_stack(each) for each in aws("cloudformation", "describe-stacks")["Stacks"]]
    return {each.name: each for each in found if each.status != "DELETE_COMPLETE"}


def below(aws: Aws, root: Stack) -> list[Stack]:
    """Every stack nested in *root*, however deep, also those that are no resources of it yet, or no more."""
    return [each for each in everything(aws).values() if each.root_id == root.id]


def resources(aws: Aws, stack: str) -> list[Resource]:
    """What a stack consists of; what was deleted is left out."""
    found = aws("cloudformation", "list-stack-resources", "--stack-name", stack)["StackResourceSummaries"]
    return [
        Resource(
            each["LogicalResourceId"],
            each.get("PhysicalResourceId", ""),
            each["ResourceType"],
            each["ResourceStatus"],
        )
        for each in found
        if each["ResourceStatus"] != "DELETE_COMPLETE"
    ]


def nested(aws: Aws, stack: str) -> dict[str, str]:
    """The ids of the stacks nested in *stack*, by logical id."""
    return {each.logical_id: each.physical_id for each in resources(aws, stack) if each.type == NESTED}


def template(aws: Aws, stack: str) -> str:
    """The template of a stack, byte for byte as it was handed in."""
    body: Any = aws("cloudformation", "get-template", "--stack-name", stack, "--template-stage", "Original")
    return str(body["TemplateBody"])


def events(aws: Aws, stack_id: str, wanted: Callable[[Event], bool]) -> list[Event]:
    """What happened to a stack and its resources most recently, oldest first, as far back as it is *wanted*.

    CloudFormation tells the newest first, so little more is asked for than that.
    """
    size = 50
    while True:
        answer = aws("cloudformation", "describe-stack-events", "--stack-name", stack_id, "--max-items", str(size))
        newest = list(takewhile(wanted, map(_event, answer["StackEvents"])))
        if "NextToken" not in answer or len(newest) < len(answer["StackEvents"]):
            return newest[::-1]
        size *= 4


def _stack(found: Answer) -> Stack:
    return Stack(
        name=found["StackName"],
        id=found["StackId"],
        status=found["StackStatus"],
        reason=found.get("StackStatusReason", ""),
        outputs={each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        parameters={each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])},
        protected=bool(found.get("EnableTerminationProtection", False)),
        root_id=found.get("RootId", ""),
    )


def _event(found: Answer) -> Event:
    return Event(
        id=found["EventId"],
        time=datetime.fromisoformat(found["Timestamp"]),
        stack_id=found["StackId"],
        logical_id=found["LogicalResourceId"],
        physical_id=found.get("PhysicalResourceId", ""),
        type=found["ResourceType"],
        status=found["ResourceStatus"],
        reason=found.get("ResourceStatusReason", ""),
        token=found.get("ClientRequestToken", ""),
    )
