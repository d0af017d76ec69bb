"""What must hold for overrides by themselves; whether they fit what is generated is known only once it is."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.model import Environment
from tapgen.config.rules.complaint import Complaint


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
