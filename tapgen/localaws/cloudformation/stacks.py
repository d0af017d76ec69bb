"""Stacks, their resources and their events, of every account and Region."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from tapgen.localaws import engine
from tapgen.localaws.engine import Conditions, Parameters, Template
from tapgen.localaws.protocol import ServiceError

if TYPE_CHECKING:
    from tapgen.localaws.cloudformation.halt import Halt

STACK = "AWS::CloudFormation::Stack"


class Tried(Protocol):
    """What a stack is being made, as long as it may have to go back."""

    reverted: bool
    """Whether it has gone back."""

    async def commit(self) -> None:
        """Give up what was replaced or removed; there is no way back any more."""

    async def revert(self, why: str, skip: Collection[str] = ()) -> None:
        """Undo what was done; the resources named in *skip* stay as they are."""


@dataclass
class Resource:
    """A resource that exists, as its stack knows it."""

    name: str
    kind: str
    physical_id: str
    properties: Any
    attributes: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    reason: str = ""
    changed: str = ""
    stack_id: str = ""

    def seen(self) -> dict[str, Any]:
        """The resource as the intrinsics of its template see it."""
        return {"PhysicalResourceId": self.physical_id, "Attributes": self.attributes, "ResourceType": self.kind}


@dataclass(frozen=True)
class Revision:
    """What a stack is asked to be."""

    body: str = ""
    template: Template = field(default_factory=dict)
    parameters: Parameters = field(default_factory=dict)
    conditions: Conditions = field(default_factory=dict)
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def definitions(self) -> dict[str, Any]:
        """The resources of the template whose condition holds, by logical name, each after those it needs."""
        resources = self.template.get("Resources", {})
        return {name: resources[name] for name in engine.in_order(resources, self.conditions)}

    def same_as(self, other: Revision) -> bool:
        """Whether nothing would change but what nested templates say."""
        mine, theirs = (
            (each.definitions, each.template.get("Outputs"), each.parameters, each.conditions, sorted(each.tags))
            for each in (self, other)
        )
        return mine == theirs


@dataclass
class Stack:
    """A stack."""

    name: str
    capabilities: frozenset[str] = frozenset()
    parent: Stack | None = None
    protected: bool = False
    rolls_back: bool = True
    id: str = ""
    status: str = ""
    reason: str = ""
    created: str = field(default_factory=engine.now)
    updated: str | None = None
    deleted: str | None = None
    revision: Revision = field(default_factory=Revision)
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    policy: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    token: str | None = None
    """What the running operation is to be called, in its events."""

    halt: Halt | None = None
    """How to stop the running operation."""

    deployment: Tried | None = None
    """How it came to be what it is, as long as it may have to go back."""

    foreseen: dict[str, Stack] = field(default_factory=dict)
    """Nested stacks that a change set has made for review, by their logical names."""

    def __post_init__(self) -> None:
        region, account = engine.region(), engine.account()
        self.id = f"arn:aws:cloudformation:{region}:{account}:stack/{self.name}/{uuid4()}"

    @property
    def root(self) -> Stack:
        """The stack that contains all others around this one."""
        return self.parent.root if self.parent else self

    @property
    def busy(self) -> bool:
        """Whether an operation is under way."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    @property
    def identity(self) -> tuple[str, str]:
        """Name and id, as intrinsics want them."""
        return self.name, self.id

    def enter(self, status: str, reason: str = "") -> None:
        """Take a status, and record the event."""
        self.status, self.reason = status, reason
        self.record(self.name, STACK, status, reason, self.id)

    def record(self, name: str, kind: str, status: str, reason: str = "", physical_id: str = "") -> None:
        """Record an event. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html."""
        event = {
            "StackId": self.id,
            "StackName": self.name,
            "EventId": f"{name}-{status}-{uuid4()}",
            "LogicalResourceId": name,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "ResourceStatus": status,
            "ResourceStatusReason": reason or None,
            "ClientRequestToken": self.token,
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        self.events.append(event)

    def mark(self, resource: Resource, status: str, reason: str = "") -> None:
        """Give a resource a status, and record the event."""
        resource.status, resource.reason, resource.changed = status, reason, engine.now()
        self.record(resource.name, resource.kind, status, reason, resource.physical_id)

    def resolve(self, value: Any, revision: Revision, foreseen: Mapping[str, Any] | None = None) -> Any:
        """*value*, a part of the template of *revision*, without intrinsics: resources as they are or as *foreseen*."""
        seen = {name: resource.seen() for name, resource in self.resources.items()} | dict(foreseen or {})
        return engine.resolve(value, seen, revision.template, revision.parameters, revision.conditions, self.identity)


_STACKS: defaultdict[tuple[str, str], list[Stack]] = defaultdict(list)


def stacks() -> list[Stack]:
    """Every stack of the current account and Region, deleted ones too, in the order of their creation."""
    return _STACKS[engine.account(), engine.region()]


def existing() -> Iterator[Stack]:
    """The stacks that are not deleted."""
    return (stack for stack in stacks() if stack.status != "DELETE_COMPLETE")


def find(name_or_id: str) -> Stack | None:
    """A stack by its name, or, also when it is deleted, by its id."""
    living = (stack for stack in existing() if name_or_id in (stack.name, stack.id))
    return next(living, None) or next((stack for stack in stacks() if stack.id == name_or_id), None)


def named(name_or_id: str) -> Stack:
    """Like `find`.

    Raises:
        ServiceError: there is none.
    """
    if stack := find(name_or_id):
        return stack
    raise ServiceError("ValidationError", f"Stack with id {name_or_id} does not exist")
