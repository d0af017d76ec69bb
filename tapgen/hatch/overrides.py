"""Overrides: properties of generated resources that `tapgen.yaml` sets or removes, where no word of it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tapgen import schemas
from tapgen.config.hatch import Override
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.hatch.fitting import is_function
from tapgen.hatch.way import MisfitError, Step, Way
from tapgen.parts.context import KEY, OVERRIDDEN
from tapgen.parts.references import ListInTextError, UnknownReferenceError, offered, spelled
from tapgen.stack import Body, names

FUNCTIONS = ("Ref", "Fn::GetAtt", "Fn::Join", "Fn::Sub")
"""What CloudFormation may compute in a value."""


class Overrides:
    """The overrides of one environment, and what is wrong with them by the time that every stack is nested."""

    def __init__(self, entries: Sequence[Override], region: str) -> None:
        """Begin with nothing wrong; types of resources are those of *region*."""
        self._entries = dict(enumerate(entries))
        self._region = region
        self._complaints: list[Complaint] = []
        self._stacks: list[str] = []

    def amend(self, stack: str, body: Body, offers: Mapping[str, Any]) -> Body:
        """The template of a stack with its overrides; values may refer to *offers*, those of the stacks before it."""
        self._stacks.append(stack)
        for number, entry in self._entries.items():
            if entry.layer == stack:
                try:
                    body = _amended(body, entry, self._region, offers)
                except MisfitError as error:
                    self._complaints += (_placed(number, complaint) for complaint in error.complaints)
        return body

    def complaints(self) -> Iterator[Complaint]:
        """Everything that is wrong, once every stack is nested."""
        yield from self._complaints
        for number, entry in self._entries.items():
            if entry.layer not in self._stacks:
                hint = did_you_mean(entry.layer, self._stacks)
                message = f"there is no layer {entry.layer} here"
                yield _placed(number, Complaint(("layer",), message, ", ".join(self._stacks), hint))


def _placed(number: int, complaint: Complaint) -> Complaint:
    path = ("overrides", number, *complaint.path)
    return Complaint(path, complaint.message, complaint.allowed, complaint.hint)


def _amended(body: Body, entry: Override, region: str, offers: Mapping[str, Any]) -> Body:
    """*body* with the property set or removed.

    Raises:
        MisfitError: what is overridden is not there, or its new value does not fit.
    """
    resources = body["Resources"]
    if entry.resource not in resources:
        message, hint = (
            f"there is no resource {entry.resource} in {entry.layer}",
            did_you_mean(entry.resource, resources),
        )
        raise MisfitError(Complaint(("resource",), message, ", ".join(resources), hint))
    resource = resources[entry.resource]
    way = Way(resource["Type"], resource.get("Properties", {}), schemas.schema(resource["Type"], region), entry.path)
    if entry.remove:
        properties = _without(way.properties, way.removable())
    else:
        value = _value(entry, body, offers)
        way.fits(value)
        properties = _with(way.properties, way.steps, value)
    amended = _noted({**resource, "Properties": properties}, entry, schemas.is_create_only(way.schema, way.steps))
    return {**body, "Resources": {**resources, entry.resource: amended}}


def _value(entry: Override, body: Body, offers: Mapping[str, Any]) -> Any:
    """What `set` means in the template."""
    try:
        value = spelled(entry.set, offered(offers))
    except UnknownReferenceError as error:
        raise MisfitError(Complaint(("set",), str(error), error.allowed, error.hint)) from None
    except ListInTextError as error:
        raise MisfitError(Complaint(("set",), str(error))) from None
    if other := [name for name in _functions(entry.set) if name not in FUNCTIONS]:
        raise MisfitError(Complaint(("set",), f"{other[0]} cannot stand in an override", ", ".join(FUNCTIONS)))
    resources = body["Resources"]
    for name in names(entry.set) if any(_functions(entry.set)) else ():
        if name not in resources and not name.startswith("AWS::"):
            message = f"there is no {name} in {entry.layer} to refer to"
            raise MisfitError(Complaint(("set",), message, ", ".join(resources), did_you_mean(name, resources)))
    return value


def _functions(value: Any) -> Iterator[str]:
    if is_function(value):
        yield next(iter(value))
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _functions(item)


def _with(node: Any, steps: Sequence[Step], value: Any) -> Any:
    """*node* with *value* at *steps*; what is missing on the way is made."""
    if not steps:
        return value
    step, *rest = steps
    if isinstance(step, int):
        entries = list(node or ())
        entries[step : step + 1] = [_with(entries[step] if step < len(entries) else None, rest, value)]
        return entries
    there = node or {}
    return {**there, step: _with(there.get(step), rest, value)}


def _without(node: Any, steps: Sequence[Step]) -> Any:
    """*node* without what is at *steps*, which is there."""
    step, *rest = steps
    if rest:
        return _with(node, [step], _without(node[step], rest))
    if isinstance(node, list):
        return [entry for position, entry in enumerate(node) if position != step]
    return {key: item for key, item in node.items() if key != step}


def _noted(resource: Body, entry: Override, replaces: bool) -> Body:
    """*resource*, whose Context metadata say what was done to it, and why."""
    metadata = resource.get("Metadata", {})
    context = metadata.get(KEY, {})
    said = f"{OVERRIDDEN} {entry.path} is {'removed' if entry.remove else 'set'}: {entry.why.rstrip('.')}."
    said += " A change of it replaces the resource." if replaces else ""
    # Whoever checks Context metadata wants a reason for everything that must be so.
    context = {"why": "Generated, and then changed by hand."} | context | {"must": [*context.get("must", ()), said]}
    return {**resource, "Metadata": {**metadata, KEY: context}}
