"""Change sets: what a deployment would change, seen before it does."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tapgen.deploy import guard, stacks
from tapgen.deploy.aws import Answer, Aws, AwsError, at_once, options
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.stacks import NESTED, Stack
from tapgen.errors import TapgenError
from tapgen.parse import parse

PREFIX = "tapgen-"
"""What the names of our change sets begin with."""

_NOTHING = ("didn't contain changes", "No updates are to be performed")
"""How CloudFormation says that there is nothing to do."""


class ChangesError(TapgenError):
    """CloudFormation cannot make a change set."""

    exit_code = 1


@dataclass(frozen=True)
class Request:
    """What a stack is to become."""

    stack: str
    template: Sequence[str]
    """How the CLI is given the template: `--template-url URL`, or `--template-body file://…`."""

    text: str
    """The template itself."""

    tags: Mapping[str, str]
    again: str
    """The command that asks for this."""

    remove: str
    """The command that deletes the stack."""

    role: str = ""
    """What CloudFormation works with; with the rights of the caller where there is none."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    """What is set; any other parameter stays as it was."""


@dataclass(frozen=True)
class Change:
    """What would happen to one resource."""

    action: str
    """`Add`, `Modify`, `Remove`, `Dynamic` or `Import`."""

    logical_id: str
    type: str
    replacement: str
    """`True`, `False`, `Conditional`, or nothing where the resource is not modified."""

    why: Sequence[str]
    """The properties and attributes that change."""

    nested: ChangeSet | None = None
    """What would happen in a nested stack."""


@dataclass(frozen=True)
class ChangeSet:
    """What would happen to one stack."""

    id: str
    stack_id: str
    changes: Sequence[Change]

    @property
    def name(self) -> str:
        return self.id.split("/")[1]

    def walk(self) -> Iterator[Change]:
        """Every change, those of nested stacks after their stack."""
        for change in self.changes:
            yield change
            if change.nested:
                yield from change.nested.walk()


@dataclass(frozen=True)
class Made:
    """A change set that can be carried out."""

    id: str
    stack_id: str
    touched: frozenset[str]
    """The logical ids of what changes in the root."""


def make(aws: Aws, request: Request, stack: Stack | None, *, nested: bool) -> Made | None:
    """Make a change set; nothing where there is nothing to change.

    Raises:
        ChangesError: CloudFormation says why it cannot.
        RefusedError: somebody else was faster.
        AwsError: AWS could not be asked.
    """
    kind = "UPDATE" if stack and stack.exists else "CREATE"
    change_set = _create(
        aws, request, stack, ["--change-set-type", kind, *(["--include-nested-stacks"] if nested else [])]
    )
    answer = _settled(aws, change_set)
    if answer["Status"] == "CREATE_COMPLETE":
        return _made(answer)
    reason = str(answer.get("StatusReason", answer["Status"]))
    _delete(aws, change_set)
    if kind == "CREATE":
        abandon(aws, request.stack)
    if any(words in reason for words in _NOTHING):
        return None
    raise ChangesError(f"{request.stack} cannot be changed in this way: {reason}")


def _create(aws: Aws, request: Request, stack: Stack | None, how: Iterable[str]) -> str:
    """Ask for a change set, and give its id."""
    name = f"{PREFIX}{_fingerprint(request.text)}-{time.time_ns() // 1000:x}"
    try:
        made = aws(
            *("cloudformation", "create-change-set", "--stack-name", request.stack, "--change-set-name", name),
            *("--capabilities", "CAPABILITY_IAM", *request.template, *how),
            # The CLI asks again when an answer gets lost: the same token is the same request.
            *("--client-token", name),
            *(["--role-arn", request.role] if request.role else []),
            *_parameters(request, stack),
            *options("--tags", request.tags),
        )
    except AwsError as error:
        if error.code == "ValidationError":
            # Who was faster may have begun since the stack was looked at.
            guard.changeable(stacks.find(aws, request.stack), request.again, request.remove, aws.region)
        if _is_busy(error):
            raise _faster(error) from error
        raise
    return str(made["Id"])


def _is_busy(error: AwsError) -> bool:
    return error.code == "ValidationError" and "_IN_PROGRESS" in error.message


def _faster(error: AwsError) -> RefusedError:
    return RefusedError(f"somebody else is changing the stack: {error.message}", "make status tells")


def _parameters(request: Request, stack: Stack | None) -> Iterator[str]:
    """A parameter of which nothing is said would get its default again."""
    declared = parse(request.text).get("Parameters", {}).keys()
    kept = declared & (stack.parameters.keys() if stack and stack.exists else set())
    said: list[Answer] = [
        *({"ParameterKey": key, "ParameterValue": value} for key, value in request.parameters.items()),
        *({"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept - request.parameters.keys())),
    ]
    if said:
        yield "--parameters"
        yield from map(json.dumps, said)


def read(aws: Aws, change_set: str) -> ChangeSet:
    """A change set, with those of nested stacks.

    Raises:
        AwsError: AWS could not be asked, or has none of that name.
    """
    answer = _settled(aws, change_set)
    found = [each["ResourceChange"] for each in answer.get("Changes", []) if "ResourceChange" in each]
    within = [each["ChangeSetId"] for each in found if each["ResourceType"] == NESTED and "ChangeSetId" in each]
    nested = dict(zip(within, at_once(lambda each: read(aws, each), within), strict=True))
    changes = [
        Change(
            action=each["Action"],
            logical_id=each["LogicalResourceId"],
            type=each["ResourceType"],
            replacement=each.get("Replacement", "") if each["Action"] == "Modify" else "",
            why=list(dict.fromkeys(_reason(detail) for detail in each.get("Details", []))),
            nested=nested.get(each.get("ChangeSetId", "")),
        )
        for each in found
    ]
    return ChangeSet(answer["ChangeSetId"], answer["StackId"], changes)


def current(aws: Aws, change_set: str, request: Request) -> Made:
    """A change set that was seen before, if it would still bring what *request* asks for.

    Raises:
        RefusedError: something moved since: the stack, or what is checked in.
        AwsError: AWS could not be asked.
    """
    anew = "look again: make preview"
    named = ("--change-set-name", change_set, "--stack-name", request.stack)
    try:
        answer = aws("cloudformation", "describe-change-set", *named)
    except AwsError as error:
        if error.code in ("ChangeSetNotFound", "ChangeSetNotFoundException", "ValidationError"):
            raise RefusedError(f"{request.stack} has no change set {change_set}", anew) from error
        raise
    if answer["ExecutionStatus"] != "AVAILABLE":
        raise RefusedError(f"the stack has changed since {change_set} was made ({answer['ExecutionStatus']})", anew)
    text = aws("cloudformation", "get-template", *named, "--template-stage", "Original")["TemplateBody"]
    if text != request.text:
        raise RefusedError(f"what is checked in has changed since {change_set} was made", anew)
    return _made(answer)


def execute(aws: Aws, change_set: Made, token: str) -> None:
    """Let CloudFormation do it; *token* marks the events of this operation.

    Raises:
        RefusedError: somebody else was faster.
        AwsError: AWS could not be asked.
    """
    try:
        aws("cloudformation", "execute-change-set", "--change-set-name", change_set.id, "--client-request-token", token)
    except AwsError as error:
        if error.code.startswith("InvalidChangeSetStatus") or _is_busy(error):
            raise _faster(error) from error
        raise


def discard(aws: Aws, stack: Stack | None) -> None:
    """Remove what previews have left: change sets of ours, and nested stacks that exist in previews only.

    Raises:
        AwsError: AWS could not be asked.
    """
    if not stack:
        return
    found = aws("cloudformation", "list-change-sets", "--stack-name", stack.id).get("Summaries", [])
    ours = [each["ChangeSetId"] for each in found if each["ChangeSetName"].startswith(PREFIX)]
    for each in ours:
        _delete(aws, each)
    if ours:
        _clear(aws, stacks.below(aws, stack))


def abandon(aws: Aws, name: str) -> None:
    """Remove a stack that exists in previews only, and those nested in it; no other.

    Raises:
        AwsError: AWS could not be asked.
    """
    stack = stacks.find(aws, name)
    if stack and not stack.exists:
        discard(aws, stack)
        _clear(aws, [stack])


def _clear(aws: Aws, found: Iterable[Stack]) -> None:
    """Delete stacks that exist in previews only. They cost nothing: who may not delete them leaves them."""
    for each in found:
        if not each.exists:
            with suppress(AwsError):
                aws("cloudformation", "delete-stack", "--stack-name", each.id)


def _delete(aws: Aws, change_set: str) -> None:
    aws("cloudformation", "delete-change-set", "--change-set-name", change_set)


def _made(answer: Answer) -> Made:
    found = [each["ResourceChange"]["LogicalResourceId"] for each in answer.get("Changes", [])]
    return Made(answer["ChangeSetId"], answer["StackId"], frozenset(found))


def _settled(aws: Aws, change_set: str) -> Answer:
    while True:
        answer = aws("cloudformation", "describe-change-set", "--change-set-name", change_set)
        if answer["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS", "DELETE_PENDING", "DELETE_IN_PROGRESS"):
            return answer
        time.sleep(1)


def _reason(detail: Answer) -> str:
    target = detail.get("Target", {})
    return str(target.get("Name") or target.get("Attribute", ""))


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
