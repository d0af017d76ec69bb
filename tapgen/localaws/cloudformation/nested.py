"""Stacks within stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

from __future__ import annotations

from typing import Any

from tapgen.localaws import engine
from tapgen.localaws.cloudformation import templates
from tapgen.localaws.cloudformation.deployment import Deployment
from tapgen.localaws.cloudformation.failures import EmbeddedStackError, StackFailedError
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.removal import remove_stack
from tapgen.localaws.cloudformation.stacks import STACK, Resource, Revision, Stack, named, stacks
from tapgen.localaws.protocol import ServiceError


@provides(STACK)
class NestedStack(Provider):
    """A stack that is a resource of another; updated together with it, and back with it."""

    async def create(self, wanted: Wanted) -> Made:
        """Create a stack, or that which a change set has made for review."""
        target = await revision_of(wanted.properties, Revision())
        child = wanted.stack.foreseen.pop(wanted.name, None) or enlist(wanted.stack, wanted.title(128))
        child.token = wanted.stack.token
        acknowledge(child.root.capabilities, target)
        wanted.born(child.id)
        try:
            await Deployment(child, target, wanted.halt).attempt()
        except StackFailedError as error:
            raise EmbeddedStackError(f"Embedded stack {child.id} was not successfully created: {error}") from error
        return _made(child)

    async def changed(self, wanted: Wanted, before: Resource) -> bool:
        """Whether the properties differ, or the template they name."""
        if wanted.properties != before.properties:
            return True
        return await templates.fetched(wanted.properties["TemplateURL"]) != named(before.physical_id).revision.body

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Update a stack; it can still go back until the one around it is done."""
        child = named(before.physical_id)
        child.token = wanted.stack.token
        target = await revision_of(wanted.properties, child.revision)
        acknowledge(child.root.capabilities, target)
        try:
            await Deployment(child, target, wanted.halt).attempt()
        except StackFailedError as error:
            status = "UPDATE_ROLLBACK_IN_PROGRESS"
            text = f"Embedded stack {child.id} was not successfully updated. Currently in {status} with reason: {error}"
            raise EmbeddedStackError(text) from error
        return _made(child)

    async def delete(self, resource: Resource) -> None:
        """Delete a stack."""
        child = named(resource.physical_id)
        if child.status == "DELETE_COMPLETE":
            return
        await remove_stack(child)
        if child.status == "DELETE_FAILED":
            raise EmbeddedStackError(f"Embedded stack {child.id} was not successfully deleted: {child.reason}")


async def revision_of(properties: dict[str, Any], before: Revision) -> Revision:
    """What the properties of a nested stack ask it to be."""
    given = properties.get("Parameters", {})
    if any(isinstance(value, dict | list) for value in given.values()):
        message = "Value of property Parameters must be an object with String (or simple type) properties"
        raise ServiceError("ValidationError", message)
    body = await templates.fetched(properties["TemplateURL"])
    parameters = [{"ParameterKey": key, "ParameterValue": str(value)} for key, value in given.items()]
    tags = ((tag["Key"], tag["Value"]) for tag in properties.get("Tags", []))
    return templates.revision(body, parameters, (tag for tag in tags if not tag[0].startswith("aws:")), before)


def enlist(parent: Stack, title: str) -> Stack:
    """A new stack within *parent*, that is nothing yet."""
    child = Stack(title, parent=parent)
    stacks().append(child)
    return child


def acknowledge(capabilities: frozenset[str], target: Revision) -> None:
    """Refuse what nobody has acknowledged.

    Raises:
        ServiceError: IAM resources without CAPABILITY_IAM, or with names without CAPABILITY_NAMED_IAM.
    """
    required = engine.required_capabilities(target.template)
    if missing := engine.missing_capabilities(set(capabilities), required):
        message = f"Requires capabilities : [{', '.join(missing)}]"
        raise ServiceError("InsufficientCapabilitiesException", message)


def _made(child: Stack) -> Made:
    return Made(child.id, {f"Outputs.{name}": value for name, value in child.outputs.items()})
