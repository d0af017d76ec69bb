"""What can be said where tapgen has no word for it: single properties of generated resources."""

from __future__ import annotations

from typing import Any

from tapgen.config.types import LogicalId, Model, Name, PropertyPath, Reason


class Override(Model):
    """One property of a generated resource, set or removed. Checked against AWS's schema of the resource."""

    layer: Name
    """The template, as its file is called: `keys`, or `service-shop`."""

    resource: LogicalId
    """The logical id of the resource in that template."""

    path: PropertyPath
    """The keys that lead to the property: `ContainerDefinitions.0.Ulimits`. An entry of a list is its
    `Name`, or a number that counts from 0; `+` is a new one."""

    set: Any = None
    """The value that the property gets, whole. May refer to what other layers offer, as `${network.vpc_id}`, and to
    resources of the same template, as `{Ref: LogGroup}`."""

    remove: bool = False
    """Remove the property, instead of a value to `set`."""

    why: Reason
    """Why this is needed, in a sentence that the template repeats to reviewers."""
