"""How far a change reaches: whatever is replaced has another name afterwards, and all that name it change too.

A name is followed through every intrinsic function, conditions, outputs, parents and parameters, until nothing new is
reached.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tapgen.review.differences import Change, Difference, Path, is_intrinsic, same_origin
from tapgen.review.effects import Effect, effect
from tapgen.review.stacks import NESTED, Stack

Node = tuple[str, str]
"""A stack, and what in it changes its value: a resource, a parameter, or an output (`Outputs.VpcId`)."""


@dataclass
class Outcome:
    """What becomes of one resource."""

    stack: str
    title: str
    type: str
    effect: Effect = Effect.NOTHING
    cause: Path = ()
    """The property that has the gravest effect."""

    via: tuple[str, ...] = ()
    """What the change came through, from its beginning; nothing where the resource itself was changed."""

    differences: list[Difference] = field(default_factory=list)

    reached: list[Path] = field(default_factory=list)
    """Every property that has another value, whether it is written so or given by others."""

    @property
    def address(self) -> str:
        """How it is spoken of."""
        return f"{self.stack}.{self.title}"


def outcomes(before: Mapping[str, Stack], after: Mapping[str, Stack], changes: Iterable[Change]) -> dict[str, Outcome]:
    """What becomes of the resources that stay, by address, as far as anything reaches them."""
    return _Spread(before, after).outcomes(changes)


class _Spread:
    def __init__(self, before: Mapping[str, Stack], after: Mapping[str, Stack]) -> None:
        self._before, self._after = before, after
        self._users = {address: _users(stack) for address, stack in after.items()}
        self._found: dict[str, Outcome] = {}
        self._due: deque[tuple[Node, tuple[str, ...]]] = deque()
        self._seen: set[Node] = set()

    def outcomes(self, changes: Iterable[Change]) -> dict[str, Outcome]:
        for change in changes:
            if change.kind == "changed":
                outcome = self._outcome(change.stack, change.title)
                outcome.differences += change.differences
                for difference in change.differences:
                    self._affect(outcome, difference.path, ())
        for address, stack in self._after.items():
            if address in self._before:
                self._begin(self._before[address], stack)
        while self._due:
            self._reach(*self._due.popleft())
        return {address: each for address, each in self._found.items() if each.effect or each.differences}

    def _begin(self, old: Stack, new: Stack) -> None:
        """Outputs, parameters and conditions that come from elsewhere have other values."""
        sections = (
            ("Outputs.", old, old.outputs, new, new.outputs),
            ("", old.parent or old, old.parameters, new.parent or new, new.parameters),
            ("Conditions.", old, old.conditions, new, new.conditions),
        )
        for prefix, was_in, was, is_in, values in sections:
            for name, value in values.items():
                if name in was and was[name] != value and not same_origin(was_in, was[name], is_in, value):
                    self._value(new.address, f"{prefix}{name}", ())
        for name, value in new.mappings.items():
            if name in old.mappings and old.mappings[name] != value:
                self._value(new.address, name, ())

    def _outcome(self, stack: str, title: str) -> Outcome:
        key = f"{stack}.{title}"
        if key not in self._found:
            self._found[key] = Outcome(stack, title, self._after[stack].resources[title]["Type"])
        return self._found[key]

    def _affect(self, outcome: Outcome, path: Path, via: tuple[str, ...]) -> None:
        if path not in outcome.reached:
            outcome.reached.append(path)
        reached = effect(outcome.type, path)
        if reached > outcome.effect:
            outcome.effect, outcome.cause, outcome.via = reached, path, via
            if reached.moves:
                self._value(outcome.stack, outcome.title, via)

    def _value(self, stack: str, name: str, via: tuple[str, ...]) -> None:
        if (stack, name) not in self._seen:
            self._seen.add((stack, name))
            self._due.append(((stack, name), (*via, f"{stack}.{name}")))

    def _reach(self, node: Node, via: tuple[str, ...]) -> None:
        """Pass on that *node* has another value."""
        address, name = node
        stack = self._after[address]
        if name.startswith("Outputs."):
            if stack.parent:
                self._use(stack.parent.address, f"{stack.title}.{name}", via)
            return
        self._use(address, name, via)

    def _stays(self, address: str, title: str) -> bool:
        """Whether a resource was there before, as one of the same type."""
        old = self._before[address].resources.get(title) if address in self._before else None
        return old is not None and bool(old["Type"] == self._after[address].resources[title]["Type"])

    def _use(self, address: str, name: str, via: tuple[str, ...]) -> None:
        stack = self._after[address]
        for user, path in self._users[address].get(name, ()):
            if user.startswith(("Outputs.", "Conditions.")):
                self._value(address, user, via)
            elif not self._stays(address, user):
                continue
            elif stack.resources[user]["Type"] == NESTED and path[:1] == ("Parameters",) and user in stack.nested:
                self._affect(self._outcome(address, user), path, via)
                self._value(stack.nested[user].address, path[1], via)
            else:
                self._affect(self._outcome(address, user), path, via)


def _users(stack: Stack) -> dict[str, list[tuple[str, Path]]]:
    """Who names what in a stack: by the name, resources with the path of the property, outputs and conditions."""
    users: dict[str, list[tuple[str, Path]]] = {}
    every = [
        *((title, each["Properties"]) for title, each in stack.resources.items()),
        *((f"Outputs.{title}", value) for title, value in stack.outputs.items()),
        *((f"Conditions.{title}", value) for title, value in stack.conditions.items()),
    ]
    for title, value in every:
        for name, path in named(value):
            if (title, path) not in users.setdefault(name, []):
                users[name].append((title, path))
    for title, each in stack.resources.items():
        if each["Condition"]:
            users.setdefault(f"Conditions.{each['Condition']}", []).append((title, ("Condition",)))
    return users


def named(node: Any, path: Path = ()) -> Iterator[tuple[str, Path]]:
    """Every name in a value, with the path of the property that holds it. An output counts with its stack."""
    match node:
        case {"Ref": str(name)}:
            yield name, path
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            yield (f"{name}.{attribute}" if attribute.startswith("Outputs.") else name), path
        case {"Fn::If": [str(condition), *rest]}:
            yield f"Conditions.{condition}", path
            yield from named(rest, path)
        case {"Fn::FindInMap": [str(name), *keys]}:
            yield ".".join(["Mappings", name, *(key if isinstance(key, str) else "*" for key in keys[:2])]), path
            yield from named(keys, path)
        case {"Condition": str(condition)}:
            yield f"Conditions.{condition}", path
        case dict():
            for key, value in node.items():
                yield from named(value, path if is_intrinsic(node) else (*path, key))
        case list():
            for place, value in enumerate(node):
                yield from named(value, (*path, str(place)))
