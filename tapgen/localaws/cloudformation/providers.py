"""Who makes the resources of a type: one of ours, or ministack.

    @provides("AWS::EC2::EIP")
    class ElasticIp(Provider):
        async def create(self, wanted: Wanted) -> Made: ...

What an update must replace a resource for is in `replacement`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from tapgen.localaws import engine
from tapgen.localaws.cloudformation.halt import Halt
from tapgen.localaws.cloudformation.stacks import Resource, Stack


@dataclass(frozen=True)
class Wanted:
    """A resource that is to be."""

    stack: Stack
    name: str
    kind: str
    properties: Any
    """Resolved, and tagged as CloudFormation tags."""

    halt: Halt
    born: Callable[[str], None] = lambda _physical_id: None
    """To be told the physical id as soon as there is one: what has an id is deleted, should creation fail."""

    def tags(self) -> list[dict[str, str]]:
        """The tags that an API takes from anyone: those of CloudFormation itself it refuses."""
        return [tag for tag in self.properties.get("Tags", []) if not tag["Key"].startswith("aws:")]

    def title(self, length: int = 255) -> str:
        """A name as CloudFormation makes one up: `<stack>-<logical name>-<random>`, shortened from the middle."""
        tail = f"-{uuid4().hex[:12].upper()}"
        room = length - len(tail) - len(self.name) - 1
        if room < 1:
            return f"{self.stack.name[: (length - len(tail)) // 2 - 1]}-{self.name[: (length - len(tail)) // 2]}{tail}"
        return f"{self.stack.name[:room]}-{self.name}{tail}"


@dataclass(frozen=True)
class Made:
    """A resource that is: what `Ref` and `Fn::GetAtt` give."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


class Provider:
    """Makes, changes and removes resources of one type. As it stands, lets ministack do it."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a resource."""
        return Made(*engine.provision(wanted.kind, wanted.name, wanted.properties, wanted.stack.name))

    async def changed(self, wanted: Wanted, before: Resource) -> bool:
        """Whether *before* is not yet what is wanted."""
        return bool(wanted.properties != before.properties)

    def refusal(self, _wanted: Wanted, _before: Resource) -> str | None:
        """Why *before* can never become what is wanted; None where it can be tried."""
        return None

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change *before* where it stands."""
        old, attributes = before.properties, before.attributes
        name, stack = wanted.name, wanted.stack.name
        return Made(*engine.modify(wanted.kind, before.physical_id, old, wanted.properties, stack, name, attributes))

    async def delete(self, resource: Resource) -> None:
        """Remove a resource."""
        engine.remove(resource.kind, resource.physical_id, resource.properties, resource.name)


CUSTOM = "Custom::"
"""How users' own types begin: who makes one makes all."""

_PROVIDERS: dict[str, Provider] = {}
_MINISTACK = Provider()

P = TypeVar("P", bound=Provider)


def provides(kind: str) -> Callable[[type[P]], type[P]]:
    """Make the resources of a type with the decorated class."""

    def register(provider: type[P]) -> type[P]:
        _PROVIDERS[kind] = provider()
        engine.known_type(kind)
        return provider

    return register


def provider(kind: str) -> Provider:
    """Who makes the resources of a type."""
    return _PROVIDERS.get(CUSTOM if kind.startswith(CUSTOM) else kind, _MINISTACK)
