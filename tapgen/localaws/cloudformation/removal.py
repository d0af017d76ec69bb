"""Deleting resources and stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tapgen.localaws import engine
from tapgen.localaws.cloudformation.failures import failed_to, reason
from tapgen.localaws.cloudformation.halt import Halt
from tapgen.localaws.cloudformation.providers import provider
from tapgen.localaws.cloudformation.stacks import Resource, Revision, Stack

_RETAINING = ("Retain", "RetainExceptOnCreate")


def retained(resource: Resource, revision: Revision, attribute: str = "DeletionPolicy", *, new: bool = False) -> bool:
    """Whether a resource outlives its stack; *new* is one that the failing operation has made itself.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    definition = revision.template.get("Resources", {}).get(resource.name, {})
    policy = definition.get(attribute)
    return policy == "Retain" if new else policy in _RETAINING


async def remove_resource(stack: Stack, resource: Resource, halt: Halt, *, keep: bool = False) -> bool:
    """Remove a resource, or let it go; False when it cannot be removed."""
    if keep:
        stack.mark(resource, "DELETE_SKIPPED")
        return True
    stack.mark(resource, "DELETE_IN_PROGRESS")
    try:
        async with halt.paced(resource.kind):
            await provider(resource.kind).delete(resource)
    except Exception as error:  # noqa: BLE001 (whatever the handler raises is why it failed)
        stack.mark(resource, "DELETE_FAILED", reason(error))
        return False
    stack.mark(resource, "DELETE_COMPLETE")
    return True


async def remove_stack(stack: Stack, retain: Collection[str] = ()) -> None:
    """Delete a stack; what cannot be deleted keeps what it needs, and the stack."""
    stack.enter("DELETE_IN_PROGRESS", "" if stack.parent else "User Initiated")
    failed = set[str]()
    for name in _dependents_first(stack):
        resource = stack.resources[name]
        if failed & _dependents(stack, name):
            failed.add(name)
            continue
        keep = name in retain or retained(resource, stack.revision)
        if await remove_resource(stack, resource, Halt(), keep=keep):
            del stack.resources[name]
        else:
            failed.add(name)
    if culprits := [name for name in failed if stack.resources[name].status == "DELETE_FAILED"]:
        stack.enter("DELETE_FAILED", failed_to(delete=sorted(culprits)))
        return
    stack.deleted = engine.now()
    stack.enter("DELETE_COMPLETE")


def _dependents_first(stack: Stack) -> list[str]:
    ordered = list(stack.revision.definitions) if stack.revision.template else []
    strays = [name for name in stack.resources if name not in ordered]
    return [*strays, *(name for name in reversed(ordered) if name in stack.resources)]


def _dependents(stack: Stack, name: str) -> set[str]:
    definitions = stack.revision.template.get("Resources", {})
    others: Iterable[str] = (other for other in stack.resources if other in definitions)
    return {other for other in others if name in engine.dependencies(definitions[other], {name})}
