"""Change sets, those of nested stacks included.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/change-sets-for-nested-stacks.html
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tapgen.localaws import engine
from tapgen.localaws.cloudformation import preview, templates
from tapgen.localaws.cloudformation.halt import Halt
from tapgen.localaws.cloudformation.nested import acknowledge, enlist, revision_of
from tapgen.localaws.cloudformation.preview import Preview
from tapgen.localaws.cloudformation.providers import Wanted
from tapgen.localaws.cloudformation.stacks import STACK, Revision, Stack, named, stacks
from tapgen.localaws.protocol import Fields, ServiceError

EMPTY = "The submitted information didn't contain changes. Submit different information to create a change set."
NESTED_EMPTY = "No updates are to be performed."


@dataclass
class ChangeSet:
    """What a stack would become."""

    name: str
    stack: Stack
    target: Revision
    request: Fields = field(default_factory=dict)
    parent: ChangeSet | None = None
    children: list[ChangeSet] = field(default_factory=list)
    status: str = "CREATE_COMPLETE"
    execution: str = "AVAILABLE"
    reason: str | None = None
    changes: list[Fields] = field(default_factory=list)
    outlook: dict[str, str] = field(default_factory=dict)
    """The outputs of the stack, as far as one can see them."""

    created: str = field(default_factory=engine.now)
    id: str = ""

    def __post_init__(self) -> None:
        region, account = engine.region(), engine.account()
        self.id = f"arn:aws:cloudformation:{region}:{account}:changeSet/{self.name}/{uuid4()}"

    @property
    def root(self) -> ChangeSet:
        """The change set that the user has made."""
        return self.parent.root if self.parent else self

    def fail(self, reason: str) -> None:
        """Become one that cannot be executed."""
        self.status, self.execution, self.reason = "FAILED", "UNAVAILABLE", reason


_CHANGE_SETS: defaultdict[tuple[str, str], list[ChangeSet]] = defaultdict(list)


def change_sets() -> list[ChangeSet]:
    """Every change set of the current account and Region."""
    return _CHANGE_SETS[engine.account(), engine.region()]


def find(name_or_id: str, stack_name: str | None) -> ChangeSet:
    """A change set by its id, or by its name and that of its stack.

    Raises:
        ServiceError: there is none.
    """
    stack = named(stack_name) if stack_name else None
    for each in change_sets():
        if name_or_id == each.id or (stack is each.stack and name_or_id == each.name):
            return each
    raise ServiceError("ChangeSetNotFound", f"ChangeSet [{name_or_id}] does not exist", 404)


async def propose(change_set: ChangeSet, *, nested: bool) -> None:
    """Find out what a change set would change, and make those of nested stacks."""
    change_sets().append(change_set)
    if nested and (why := preview.picks_from_siblings(change_set.target)):
        change_set.fail(why)
        return
    found = Preview()
    stack, target = change_set.stack, change_set.target
    for name, definition in target.definitions.items():
        preview.consider(found, stack, target, name, definition)
        if definition["Type"] == STACK:
            await _descend(change_set, found, name, nested=nested)
    found.changes |= {n: c for n, c in preview.look(stack, target).changes.items() if c["Action"] == "Remove"}
    change_set.changes = list(found.changes.values())
    failed = [child for child in change_set.children if child.status == "FAILED"]
    if failed:
        texts = (f"Nested change set {child.id} was not successfully created: Currently in FAILED." for child in failed)
        change_set.fail(" ".join(texts))
    elif not change_set.changes and target.same_as(stack.revision):
        change_set.fail(NESTED_EMPTY if nested else EMPTY)
    change_set.outlook = preview.outputs(found, stack, target)


async def _descend(change_set: ChangeSet, found: Preview, name: str, *, nested: bool) -> None:
    """See what becomes of a nested stack, and so what others will get from it."""
    stack, wanted = change_set.stack, found.wanted[name]
    old = stack.resources.get(name)
    if not nested:
        if (
            old
            and name not in found.changes
            and await templates.fetched(wanted["TemplateURL"]) != named(old.physical_id).revision.body
        ):
            found.changes[name] = _nested_change(name, old.physical_id)
        return
    child = named(old.physical_id) if old else _reviewed(stack, name)
    inner = ChangeSet(
        f"{change_set.root.name[:100]}-{name[:12]}-{uuid4().hex[:12].upper()}", child, Revision(), parent=change_set
    )
    try:
        inner.target = await revision_of(wanted, child.revision)
        acknowledge(frozenset(change_set.root.request.get("Capabilities", [])), inner.target)
    except ServiceError as error:
        change_sets().append(inner)
        inner.fail(error.message)
    else:
        await propose(inner, nested=True)
    _relate(change_set, found, name, inner)


def _relate(change_set: ChangeSet, found: Preview, name: str, inner: ChangeSet) -> None:
    child = inner.stack
    if inner.reason == NESTED_EMPTY and name not in found.changes:
        change_sets().remove(inner)
        return
    if inner.reason == NESTED_EMPTY:
        inner.status, inner.execution, inner.reason = "CREATE_COMPLETE", "AVAILABLE", None
    change_set.children.append(inner)
    change = found.changes.setdefault(name, _nested_change(name, child.id))
    change["ChangeSetId"], change["PhysicalResourceId"] = inner.id, child.id
    if inner.status == "CREATE_COMPLETE":
        attributes = {f"Outputs.{key}": value for key, value in inner.outlook.items()}
        found.seen[name] = {"PhysicalResourceId": child.id, "Attributes": attributes}


def _reviewed(parent: Stack, name: str) -> Stack:
    if name not in parent.foreseen:
        wanted = Wanted(parent, name, STACK, {}, Halt())
        parent.foreseen[name] = enlist(parent, wanted.title(128))
        parent.foreseen[name].enter("REVIEW_IN_PROGRESS", "User Initiated")
    return parent.foreseen[name]


def _nested_change(name: str, physical_id: str) -> Fields:
    target = {"Attribute": "Properties", "Name": "TemplateURL", "RequiresRecreation": "Never"}
    return {
        "Action": "Modify",
        "LogicalResourceId": name,
        "PhysicalResourceId": physical_id,
        "ResourceType": STACK,
        "Replacement": "False",
        "Scope": ["Properties"],
        "Details": [{"Target": target, "Evaluation": "Dynamic", "ChangeSource": "Automatic"}],
    }


def discard(change_set: ChangeSet) -> None:
    """Delete a change set, those of nested stacks, and the stacks that exist for review only."""
    for child in change_set.children:
        discard(child)
    if change_set.parent and change_set.stack.status == "REVIEW_IN_PROGRESS":
        parent = change_set.parent.stack
        parent.foreseen = {name: each for name, each in parent.foreseen.items() if each is not change_set.stack}
        stacks().remove(change_set.stack)
    if change_set in change_sets():
        change_sets().remove(change_set)


def outdate(stack: Stack, but: ChangeSet | None = None) -> None:
    """The stack becomes another: nothing that was proposed for it fits any more."""
    for each in change_sets():
        if each.root.stack is stack and each.root is not but and each.execution == "AVAILABLE":
            each.execution = "OBSOLETE"


def mark_execution(change_set: ChangeSet, status: str) -> None:
    """Let a change set and those of nested stacks say how execution stands."""
    change_set.execution = status
    for child in change_set.children:
        mark_execution(child, status)


def described(change_set: ChangeSet) -> Fields:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html."""
    root, request = change_set.root, change_set.root.request
    parameters = change_set.target.parameters.items()
    shown: dict[str, Any] = {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": change_set.stack.id,
        "StackName": change_set.stack.name,
        "Description": request.get("Description"),
        "CreationTime": change_set.created,
        "ExecutionStatus": change_set.execution,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "Capabilities": request.get("Capabilities", []),
        "OnStackFailure": request.get("OnStackFailure"),
        "IncludeNestedStacks": request.get("IncludeNestedStacks", False),
        "Parameters": [
            {"ParameterKey": k, "ParameterValue": "****" if v["NoEcho"] else v["Value"]} for k, v in parameters
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in change_set.target.tags],
        "Changes": [{"Type": "Resource", "ResourceChange": each} for each in change_set.changes],
    }
    if change_set.parent:
        shown |= {"ParentChangeSetId": change_set.parent.id, "RootChangeSetId": root.id}
    return shown
