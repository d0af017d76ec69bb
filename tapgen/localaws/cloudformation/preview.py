"""What an update would change, resource by resource, before it does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tapgen.localaws import engine
from tapgen.localaws.cloudformation.replacement import replaced, replacing
from tapgen.localaws.cloudformation.stacks import STACK, Revision, Stack
from tapgen.localaws.cloudformation.templates import references
from tapgen.localaws.protocol import Fields

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"


class _Later(dict[str, Any]):
    """Attributes that nobody knows yet."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return UNKNOWN


@dataclass
class Preview:
    """What an update would do, as far as one can see."""

    changes: dict[str, Fields] = field(default_factory=dict)
    """`ResourceChange` by logical name."""

    wanted: dict[str, Any] = field(default_factory=dict)
    """The properties of every resource, as far as they can be resolved."""

    seen: dict[str, Any] = field(default_factory=dict)
    """The resources that will be others: as intrinsics see them until then."""


def look(stack: Stack, target: Revision) -> Preview:
    """Compare a stack with a revision, nested stacks by their properties only."""
    found = Preview()
    for name, definition in target.definitions.items():
        consider(found, stack, target, name, definition)
    for name, old in stack.resources.items():
        if name not in target.definitions:
            policy = stack.revision.template.get("Resources", {}).get(name, {}).get("DeletionPolicy", "Delete")
            action = "Delete" if policy == "Delete" else "Retain"
            found.changes[name] = _change("Remove", name, old.kind, old.physical_id) | {"PolicyAction": action}
    return found


def consider(found: Preview, stack: Stack, target: Revision, name: str, definition: Mapping[str, Any]) -> None:
    """See what becomes of one resource; those it refers to have been seen before."""
    kind, old = definition["Type"], stack.resources.get(name)
    raw = definition.get("Properties", {})
    resolved = {key: value for key in raw if (value := _foreseen(found, stack, target, raw[key])) is not None}
    tags = [{"Key": key, "Value": value} for key, value in target.tags]
    wanted = found.wanted[name] = engine.with_stack_tags(kind, resolved, tags, stack.identity, name)
    if not old:
        found.changes[name] = _change("Add", name, kind)
        found.seen[name] = {"PhysicalResourceId": UNKNOWN, "Attributes": _Later()}
        return
    changed = {key for key in wanted.keys() | old.properties.keys() if wanted.get(key) != old.properties.get(key)}
    if old.kind == kind and not changed:
        return
    details = list(_details(kind, sorted(changed), definition.get("Properties", {}), found))
    change = _change("Modify", name, kind, old.physical_id) | {"Scope": ["Properties"], "Details": details}
    change["Replacement"] = "False"
    if old.kind != kind or replaced(kind, old.properties, wanted):
        change["Replacement"] = "Conditional" if _guessed(kind, changed, wanted) else "True"
        change["PolicyAction"] = "ReplaceAndDelete"
        found.seen[name] = {"PhysicalResourceId": UNKNOWN, "Attributes": _Later()}
    elif kind == STACK:
        # Another template may have outputs that this one has not.
        found.seen[name] = {"PhysicalResourceId": old.physical_id, "Attributes": _Later(old.attributes)}
    found.changes[name] = change


def _foreseen(found: Preview, stack: Stack, target: Revision, raw: Any) -> Any:
    try:
        return stack.resolve(raw, target, found.seen)
    except ValueError:
        return UNKNOWN  # such as one element of what is not known yet


def _guessed(kind: str, changed: set[str], wanted: Mapping[str, Any]) -> bool:
    return all(UNKNOWN in json.dumps(wanted.get(key), default=str) for key in changed & replacing(kind))


def _details(kind: str, changed: list[str], raw: Mapping[str, Any], found: Preview) -> Iterator[Fields]:
    for key in changed:
        sources = [name for name in references(raw.get(key)) if name in found.seen]
        recreation = "Always" if key in replacing(kind) else "Never"
        yield {
            "Target": {"Attribute": "Tags" if key == "Tags" else "Properties", "RequiresRecreation": recreation}
            | ({} if key == "Tags" else {"Name": key}),
            "Evaluation": "Dynamic" if sources else "Static",
            "ChangeSource": "ResourceReference" if sources else "DirectModification",
            "CausingEntity": sources[0] if sources else None,
        }


def _change(action: str, name: str, kind: str, physical_id: str | None = None) -> Fields:
    return {
        "Action": action,
        "LogicalResourceId": name,
        "PhysicalResourceId": physical_id,
        "ResourceType": kind,
        "Scope": [],
        "Details": [],
    }


def outputs(found: Preview, stack: Stack, target: Revision) -> dict[str, str]:
    """The outputs of a stack after an update, as far as one can see."""
    declared = target.template.get("Outputs", {})
    shown = {name: each for name, each in declared.items() if target.conditions.get(each.get("Condition"), True)}
    return {name: str(stack.resolve(each["Value"], target, found.seen)) for name, each in shown.items()}


def picks_from_siblings(target: Revision) -> str | None:
    """Why the change sets of nested stacks cannot be made: one element of what another stack only will give.

    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/759
    """
    nested = {name for name, each in target.definitions.items() if each["Type"] == STACK}
    open_parameters = {name for name, value in target.parameters.items() if UNKNOWN in str(value["Value"])}
    for name, definition in target.definitions.items():
        among = nested if name in nested else set[str]()
        for function in ("Fn::Select", "Fn::Split"):
            for node in _uses(definition.get("Properties", {}), function):
                if (among | open_parameters) & set(references(node)):
                    return f"Template error: {function} cannot select nonexistent value at index 1"
    return None


def _uses(node: Any, function: str) -> Iterator[Any]:
    if isinstance(node, dict):
        if function in node:
            yield node[function]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _uses(item, function)
