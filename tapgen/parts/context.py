"""What a reviewer should know and the properties do not say, as AWS's Context metadata.

The shape is AWS's own, read by cfn-lint and others:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-metadata.html
"""

from __future__ import annotations

from typing import Any, Literal

from troposphere import Template

KEY = "com.aws.cloudformation.Context"

OVERRIDDEN = "Overridden in tapgen.yaml:"
"""How the metadata speak of a property that was set or removed by hand; outlines count it."""

Mutable = Literal["must-never-change", "change-with-constraints", "review-required", "free-to-tune"]
"""How safe it is to change a resource."""


def why(text: str, *must: str, mutable: Mutable | None = None) -> dict[str, Any]:
    """The `Metadata` of a resource: why it is as it is, and each thing that must stay so or something breaks."""
    context: dict[str, Any] = {"why": text}
    if must:
        context["must"] = list(must)
    if mutable:
        context["mutable"] = mutable
    return {KEY: context}


def arch(template: Template, text: str) -> None:
    """Say in *template* what shape it has as a whole."""
    template.set_metadata({**template.metadata, KEY: {"arch": text}})
