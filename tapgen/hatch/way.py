"""The way that the path of an override goes through a resource and through AWS's schema of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from tapgen import schemas
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.yaml.tree import Keys
from tapgen.hatch.fitting import Misfit, is_function, misfits, property_of
from tapgen.schemas import Schema, followed

Step = str | int

NEW = "+"
"""As a step, a new entry at the end of a list. A number alone would mean another entry after the next version."""

ATTRIBUTES = {"Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata", "Type", "UpdateReplacePolicy"}
ATTRIBUTE = "only what stands below Properties can be overridden; what is kept when a stack goes, `protect` says"
"""What stands beside the properties holds the stacks together, and is not the user's to change."""


class MisfitError(Exception):
    """What is overridden is not there, or not so."""

    def __init__(self, *complaints: Complaint) -> None:
        """Everything that is wrong."""
        super().__init__(*complaints)
        self.complaints = complaints


class Way:
    """The way to a property: each step of a path judged by the schema and by what the resource has."""

    def __init__(self, kind: str, properties: Mapping[str, Any], schema: Schema, path: str) -> None:
        """Follow the path.

        Raises:
            MisfitError: it leads nowhere, or to what AWS alone sets.
        """
        self.kind = kind
        self.properties = properties
        self.schema = schema
        self.steps: tuple[Step, ...] = ()
        self._there: list[Any] = [properties]
        """What the resource has at each step, as far as there is something."""
        self._known: list[Schema] = [schema]
        """What the schema says at each step."""
        for word in path.split("."):
            self._go(word)
        if schemas.is_read_only(schema, self.steps):
            self._refuse("is set by AWS, and cannot be overridden")

    def removable(self) -> tuple[Step, ...]:
        """The steps to what can be removed.

        Raises:
            MisfitError: it is not there, or AWS requires it.
        """
        *_, last = self.steps
        if len(self._there) <= len(self.steps):
            holder = self._there[-1]
            there = holder if isinstance(holder, dict) else range(len(holder))
            self._refuse("is not there to be removed", ", ".join(map(str, there)))
        if last in followed(self._known[-2], self.schema).get("required", ()):
            self._refuse(f"cannot be removed: AWS requires {last}")
        return self.steps

    def fits(self, value: Any) -> None:
        """Judge the value that the property is to get.

        Raises:
            MisfitError: it is not what AWS takes there, or is there already.
        """
        missing = len(self._there) <= len(self.steps)
        if not missing and self._there[-1] == value:
            raise MisfitError(Complaint(("set",), "is what the property is without this", "", "leave the override out"))
        # What is made on the way must be whole as well.
        depth = len(self._there) if missing else len(self.steps)
        below = self.steps[depth:]
        found = list(misfits(_nested(below, value), self._known[depth], self.schema))
        if found:
            raise MisfitError(*(_complaint(misfit, below) for misfit in found))

    def _go(self, word: str) -> None:
        known = followed(self._known[-1], self.schema)
        there = self._there[-1] if len(self._there) > len(self.steps) else None
        if is_function(there):
            self._refuse(f"{'.'.join(map(str, self.steps))} is computed: override it as a whole")
        listed = isinstance(there, list) if there is not None else known.get("type") == "array"
        step: Step = self._position(word, there or []) if listed else word
        below = known.get("items", {}) if listed else property_of(known, word)
        if below is None:
            possible = [
                name
                for name in known.get("properties", {})
                if not schemas.is_read_only(self.schema, (*self.steps, name))
            ]
            name = ".".join(map(str, (*self.steps, word)))
            hint = ATTRIBUTE if word in ATTRIBUTES else did_you_mean(word, possible)
            self._refuse(f"{self.kind} has no property {name}", ", ".join(possible), hint)
        self.steps = (*self.steps, step)
        self._known.append(below or {})
        if isinstance(there, dict | list) and step in (there if isinstance(there, dict) else range(len(there))):
            self._there.append(there[step])  # type: ignore[index]  # a list has a step that is a number

    def _position(self, word: str, entries: list[Any]) -> int:
        """The entry of a list that *word* means: by number, by name, or a new one."""
        if word == NEW:
            return len(entries)
        named = [entry.get("Name") for entry in entries if isinstance(entry, dict)]
        if word in named:
            return named.index(word)
        if not word.isdecimal() or int(word) >= len(entries):
            allowed = ", ".join([*map(str, range(len(entries))), *(str(name) for name in named if name), NEW])
            self._refuse(f"{'.'.join(map(str, self.steps))} has no entry {word}", allowed, did_you_mean(word, named))
        return int(word)

    def _refuse(self, message: str, allowed: str = "", hint: str = "") -> NoReturn:
        raise MisfitError(Complaint(("path",), message, allowed, hint))


def _complaint(misfit: Misfit, below: Keys) -> Complaint:
    """A misfit as a complaint about what the file says, as far as it says it."""
    inside = misfit.path[: len(below)] == below
    path: Keys = ("set", *misfit.path[len(below) :]) if inside else ("path",)
    return Complaint(path, misfit.message, misfit.allowed, misfit.hint)


def _nested(steps: Sequence[Step], value: Any) -> Any:
    for step in reversed(steps):
        value = [value] if isinstance(step, int) else {step: value}
    return value
