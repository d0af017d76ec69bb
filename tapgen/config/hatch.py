"""What can be said where tapgen has no word for it: properties of generated resources, and templates of one's own."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tapgen.config.types import List, LogicalId, Model, Name, Plain, PropertyPath, Reason, TemplatePath


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


class OwnStackSettings(Model):
    """A template of your own, nested beside those of tapgen as it is."""

    template: TemplatePath
    """The file of the template, from the folder of `tapgen.yaml`: `infra/search.yaml`."""

    parameters: dict[LogicalId, Plain] = Field({}, max_length=200)
    """The values of the template's parameters: text, or what another layer offers, as `${network.vpc_id}`. A list is
    text with commas."""

    after: List[Name] = Field((), max_length=100)
    """Layers, or other stacks of your own, that must be there first though no parameter comes from them."""


class OwnStack(OwnStackSettings):
    """A template of one's own as it was read."""

    name: Name
    """Its key in the file."""

    text: str
    """The template, byte for byte."""

    declared: dict[str, str]
    """The type of each parameter that the template declares."""

    required: List[str]
    """The parameters that have no default."""

    outputs: List[str]
    """What the template offers."""

    types: List[str]
    """The types of its resources."""

    @property
    def stack(self) -> str:
        """What the nested stack and its copy of the template are called."""
        return f"stack-{self.name}"
