"""Which resource names which, through outputs and parameters, and what it may do with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tapgen.review.origins import Origins
from tapgen.review.stacks import Stack


@dataclass(frozen=True)
class Reference:
    """A resource names another one."""

    source: str
    target: str
    actions: tuple[str, ...] = ()
    """Of the statement of a policy that it stands in."""


class References:
    """All resources of some stacks by their address, and what they name."""

    def __init__(self, stacks: Mapping[str, Stack]) -> None:
        self.stacks = stacks
        self.origins = Origins()
        self.resources: dict[str, Mapping[str, Any]] = {
            f"{stack.address}.{title}": each for stack in stacks.values() for title, each in stack.resources.items()
        }

    @cached_property
    def all(self) -> Mapping[str, tuple[Reference, ...]]:
        """What each resource names, by its address."""
        return {
            f"{stack.address}.{title}": tuple(
                Reference(f"{stack.address}.{title}", target, actions)
                for target, actions in dict.fromkeys(self._named(self.origins.of(stack, each["Properties"]), ()))
            )
            for stack in self.stacks.values()
            for title, each in stack.resources.items()
            if title not in stack.nested
        }

    def kind(self, address: str) -> str:
        """The type of a resource."""
        return str(self.resources[address]["Type"])

    def of_type(self, *types: str) -> Iterator[str]:
        """The addresses of all resources of some types."""
        return (address for address, each in self.resources.items() if each["Type"] in types)

    def targets(self, address: str, kind: str) -> list[str]:
        """The resources of a type that a resource names."""
        return [each.target for each in self.all[address] if self.kind(each.target) == kind]

    def of_outputs(self, stack: Stack) -> list[str]:
        """The resources that a stack hands on."""
        said = self.origins.of(stack, dict(stack.outputs))
        return [target for target, _ in self._named(said, ())]

    def _named(self, node: Any, actions: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        match node:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]} if name in self.resources:
                yield name, actions
            case dict():
                said = node.get("Action", ()) if "Effect" in node else ()
                here = tuple(map(str, said if isinstance(said, list) else [said])) if said else actions
                for value in node.values():
                    yield from self._named(value, here)
            case list():
                for value in node:
                    yield from self._named(value, actions)
