"""Bringing a stack to a revision: there, and back should anything fail.

Three acts, since a nested stack may have to go back when its neighbours fail: `apply` makes and changes resources;
`commit` then deletes what is left over; `revert` instead undoes what `apply` did.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tapgen.localaws import engine
from tapgen.localaws.cloudformation import policy
from tapgen.localaws.cloudformation.failures import StackFailedError, failed_to, reason
from tapgen.localaws.cloudformation.halt import CancelledByHaltError, Halt
from tapgen.localaws.cloudformation.providers import Made, Wanted, provider
from tapgen.localaws.cloudformation.removal import remove_resource, retained
from tapgen.localaws.cloudformation.replacement import replaced
from tapgen.localaws.cloudformation.stacks import STACK, Resource, Revision, Stack, Tried, find


@dataclass
class Step:
    """What was done to one resource."""

    name: str
    before: Resource | None
    after: Resource
    in_place: bool
    undone: bool = False

    @property
    def made_another(self) -> bool:
        """Whether there are two now: a resource may also become another in place, and say so by its id."""
        kept = self.before.physical_id if self.in_place and self.before else ""
        return self.after.physical_id not in ("", kept)


class Deployment:
    """One way of a stack to a revision."""

    def __init__(
        self, stack: Stack, target: Revision, around: Halt | None = None, policy_body: str | None = None
    ) -> None:
        """Prepare; *policy_body* stands in for the policy of the stack."""
        self.stack, self.target, self.halt = stack, target, Halt(around)
        self.before = stack.revision
        self.verb = "UPDATE" if self.before.template else "CREATE"
        self.old = dict(stack.resources)
        self.old_outputs = dict(stack.outputs)
        self.policy = policy_body or stack.policy
        self.steps: list[Step] = []
        self.failed: dict[str, list[str]] = {"create": [], "update": []}
        self.reverted = False
        stack.halt, stack.deployment = self.halt, self

    async def attempt(self) -> None:
        """Apply, or go back.

        Raises:
            StackFailedError: it went back, or stays as it is where nobody wants it to.
        """
        try:
            await self.apply()
        except StackFailedError as error:
            if self.stack.root.rolls_back:
                await self.revert(str(error))
            else:
                self.stack.enter(f"{self.verb}_FAILED", str(error))
            raise

    async def apply(self) -> None:
        """Make and change resources, each after those it needs.

        Raises:
            StackFailedError: one of them failed, with the reason for the stack.
        """
        stack = self.stack
        stack.enter(f"{self.verb}_IN_PROGRESS", "" if stack.parent else "User Initiated")
        if self.verb == "UPDATE":
            stack.updated = engine.now()
        stack.revision = self.target
        definitions = self.target.definitions
        done = {name: asyncio.Event() for name in definitions}
        if self._removals_allowed(definitions):
            await asyncio.gather(*(self._in_turn(name, definitions, done) for name in definitions))
        if self.halt.called:
            raise StackFailedError("User Initiated" if self.halt.by_user else failed_to(**self.failed) or "Cancelled")
        try:
            stack.outputs = self._outputs()
        except ValueError as error:
            raise StackFailedError(str(error)) from error
        stack.enter("CREATE_COMPLETE" if self.verb == "CREATE" else "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

    async def commit(self) -> None:
        """Delete what is left over; what cannot be deleted is let go."""
        stack = self.stack
        await asyncio.gather(*(child.commit() for child in self._children()))
        stack.deployment = None
        if self.verb == "CREATE":
            return
        clean = True
        order = [name for name in self.before.definitions if name in self.old]
        for name in reversed(order):
            old, new = self.old[name], stack.resources.get(name)
            if new and new.physical_id == old.physical_id and name in self.target.definitions:
                continue
            gone = new is old
            keep = retained(old, self.before) if gone else retained(old, self.target, "UpdateReplacePolicy")
            clean = await remove_resource(stack, replace(old), Halt(), keep=keep) and clean
            if gone:
                del stack.resources[name]
        text = "" if clean else "Update successful. One or more resources could not be deleted."
        stack.enter("UPDATE_COMPLETE", text)

    async def revert(self, why: str, skip: Collection[str] = ()) -> None:
        """Undo what was done; the resources named in *skip* stay as they are."""
        self.reverted = True
        self.stack.revision, self.stack.outputs = self.before, self.old_outputs
        if self.verb == "CREATE":
            await self._unmake(why)
            return
        stack = self.stack
        stack.enter("UPDATE_ROLLBACK_IN_PROGRESS", why)
        stuck = [step.name for step in reversed(self.steps) if not await self._undone(step, skip)]
        if stuck:
            stack.enter("UPDATE_ROLLBACK_FAILED", failed_to(update=stuck))
            return
        stack.resources = dict(self.old)
        stack.enter("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        for step in reversed(self.steps):
            if step.made_another:
                await remove_resource(stack, step.after, Halt(), keep=retained(step.after, self.target, new=True))
        stack.deployment = None
        stack.enter("UPDATE_ROLLBACK_COMPLETE")

    async def _unmake(self, why: str) -> None:
        stack = self.stack
        stack.enter("ROLLBACK_IN_PROGRESS", f"{why} Rollback requested by user.")
        stuck = []
        for name in reversed(self.target.definitions):
            resource = stack.resources.get(name)
            if not resource:
                continue
            if await remove_resource(stack, resource, Halt(), keep=retained(resource, self.target, new=True)):
                del stack.resources[name]
            else:
                stuck.append(name)
        stack.revision = self.target
        stack.deployment = None
        stack.enter("ROLLBACK_FAILED" if stuck else "ROLLBACK_COMPLETE", failed_to(delete=stuck))

    async def _undone(self, step: Step, skip: Collection[str]) -> bool:
        if step.undone or not step.in_place or not step.before:
            return True
        stack, before = self.stack, step.before
        stack.mark(step.after, "UPDATE_IN_PROGRESS")
        if step.name not in skip:
            try:
                async with Halt().paced(before.kind):
                    await self._send_back(step, before, skip)
            except Exception as error:  # noqa: BLE001 (whatever the handler raises is why it failed)
                stack.mark(step.after, "UPDATE_FAILED", reason(error))
                return False
        step.undone = True
        stack.resources[step.name] = before
        stack.mark(before, "UPDATE_COMPLETE")
        return True

    async def _send_back(self, step: Step, before: Resource, skip: Collection[str]) -> None:
        child = find(step.after.physical_id) if step.after.kind == STACK else None
        if child and child.deployment:
            own = {name.partition(".")[2] for name in skip if name.partition(".")[0] in (child.name, step.name)}
            if not child.deployment.reverted or child.status == "UPDATE_ROLLBACK_FAILED":
                await child.deployment.revert("", own)
            if child.status == "UPDATE_ROLLBACK_FAILED":
                raise StackFailedError(f"Embedded stack {child.id} was not successfully rolled back: {child.reason}")
        elif not child:
            wanted = Wanted(self.stack, step.name, before.kind, before.properties, Halt())
            made = await provider(before.kind).update(wanted, step.after)
            before.physical_id, before.attributes = made.physical_id, made.attributes or before.attributes

    def _children(self) -> list[Tried]:
        nested = (find(each.physical_id) for each in self.stack.resources.values() if each.kind == STACK)
        return [child.deployment for child in nested if child and child.deployment]

    def _removals_allowed(self, definitions: Mapping[str, Any]) -> bool:
        for name in self.old.keys() - definitions.keys():
            if refused := policy.refusal(self.policy, "Update:Delete", self.old[name]):
                self._fail(self.old[name], refused, "update")
        return not self.halt.called

    def _outputs(self) -> dict[str, str]:
        outputs = self.target.template.get("Outputs", {})
        shown = {n: o for n, o in outputs.items() if self.target.conditions.get(o.get("Condition"), True)}
        return {name: str(self.stack.resolve(output["Value"], self.target)) for name, output in shown.items()}

    async def _in_turn(self, name: str, definitions: Mapping[str, Any], done: Mapping[str, asyncio.Event]) -> None:
        try:
            for needed in engine.dependencies(definitions[name], set(definitions)) - {name}:
                await done[needed].wait()
            if not self.halt.called:
                await self._bring(name, definitions[name])
        finally:
            done[name].set()

    async def _bring(self, name: str, definition: Mapping[str, Any]) -> None:
        before, kind = self.old.get(name), definition["Type"]
        blank = Resource(name, kind, before.physical_id if before else "", {}, stack_id=self.stack.id)
        try:
            resolved = self.stack.resolve(definition.get("Properties", {}), self.target) or {}
            properties = engine.with_stack_tags(
                kind, engine.with_dynamic_references(resolved), self._tags(), self.stack.identity, name
            )
        except Exception as error:  # noqa: BLE001 (an intrinsic or a reference that cannot be resolved)
            self._fail(blank, str(error), "update" if before else "create")
            return
        wanted = Wanted(self.stack, name, kind, properties, self.halt)
        if not before:
            await self._create(replace(blank, properties=properties), wanted)
        elif before.kind != kind or await provider(kind).changed(wanted, before):
            await self._update(before, wanted)

    def _tags(self) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self.target.tags]

    async def _create(self, resource: Resource, wanted: Wanted, before: Resource | None = None) -> None:
        stack, verb = self.stack, "UPDATE" if before else "CREATE"
        step = Step(resource.name, before, resource, in_place=False)
        self.steps.append(step)

        def born(physical_id: str) -> None:
            if resource.physical_id != physical_id:
                resource.physical_id = physical_id
                stack.resources[resource.name] = resource
                stack.mark(resource, f"{verb}_IN_PROGRESS", "Resource creation Initiated")

        stack.record(resource.name, resource.kind, f"{verb}_IN_PROGRESS", "" if not before else _REPLACING)
        try:
            async with self.halt.paced(wanted.kind):
                made = await provider(wanted.kind).create(replace(wanted, born=born))
                born(made.physical_id)
        except Exception as error:  # noqa: BLE001 (whatever the handler raises is why it failed)
            self._fail(resource, reason(error), verb.lower(), error)
            return
        self._take(resource, made, f"{verb}_COMPLETE")

    async def _update(self, before: Resource, wanted: Wanted) -> None:
        stack = self.stack
        replacing = before.kind != wanted.kind or replaced(wanted.kind, before.properties, wanted.properties)
        action = "Update:Replace" if replacing else "Update:Modify"
        refused = policy.refusal(self.policy, action, before) or provider(wanted.kind).refusal(wanted, before)
        if replacing and not refused:
            refused = engine.refusal_to_replace(wanted.kind, before.properties, wanted.properties, before.physical_id)
        if refused:
            self._fail(before, refused, "update")
        elif replacing:
            blank = Resource(wanted.name, wanted.kind, "", wanted.properties, stack_id=stack.id)
            await self._create(blank, wanted, before)
        else:
            after = replace(before, properties=wanted.properties)
            self.steps.append(Step(wanted.name, before, after, in_place=True))
            stack.resources[wanted.name] = after
            stack.mark(after, "UPDATE_IN_PROGRESS")
            try:
                async with self.halt.paced(wanted.kind):
                    made = await provider(wanted.kind).update(wanted, before)
            except Exception as error:  # noqa: BLE001 (whatever the handler raises is why it failed)
                self._fail(after, reason(error), "update", error)
                return
            self._take(after, made, "UPDATE_COMPLETE")

    def _take(self, resource: Resource, made: Made, status: str) -> None:
        resource.physical_id, resource.attributes = made.physical_id, made.attributes or resource.attributes
        self.stack.mark(resource, status)

    def _fail(self, resource: Resource, why: str, verb: str, error: Exception | None = None) -> None:
        if isinstance(error, CancelledByHaltError):
            why = f"Resource {'creation' if verb == 'create' else 'update'} cancelled"
        self.failed[verb].append(resource.name)
        self.stack.mark(replace(resource), f"{verb.upper()}_FAILED", why)
        self.halt.call()


_REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."
