"""What must hold for overrides and own stacks by themselves; whether they fit is known once all is generated."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.rules.names import distinct_ids


def set_or_remove(environment: Environment) -> Iterator[Complaint]:
    """An override sets a property or removes it."""
    for position, override in enumerate(environment.overrides):
        if override.remove and override.set is not None:
            hint = "keep one of `set` and `remove`"
            yield Complaint(("overrides", position, "remove"), "cannot be, where there is a value to set", "", hint)
        elif not override.remove and override.set is None:
            message = "neither sets a property nor removes it"
            yield Complaint(("overrides", position), message, "", "give a value with `set`, or say `remove: true`")


def distinct_overrides(environment: Environment) -> Iterator[Complaint]:
    """A property is overridden once: who reads the second would think that it is all there is."""
    seen: set[tuple[str, str, str]] = set()
    for position, override in enumerate(environment.overrides):
        place = (override.layer, override.resource, override.path)
        if place in seen:
            message = f"{override.path} of {override.resource} is overridden already"
            yield Complaint(("overrides", position, "path"), message, "", "keep one of them")
        seen.add(place)


def own_stack_names(environment: Environment) -> Iterator[Complaint]:
    """A stack of one's own has a name, and a logical id, that nothing else has: others refer to it by that."""
    yield from distinct_ids(("stacks",), environment.stacks)
    taken = {name: word for word, entries in environment.stored.items() for name in entries}
    taken |= dict.fromkeys(environment.services, "services")
    for name in environment.stacks:
        if name in taken:
            message = f"is the name of one of the {taken[name]} too"
            yield Complaint(("stacks", name), message, "", "rename it", at_key=True)
