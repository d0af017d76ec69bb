"""Tags on everything that takes them, in one place."""

from __future__ import annotations

from collections.abc import Mapping

from troposphere import Tags, Template


def tag(template: Template, tags: Mapping[str, str]) -> None:
    """Give every resource of *template* these tags and `ManagedBy`, before those that it has already."""
    for resource in template.resources.values():
        if "Tags" in resource.props:
            own = {tag["Key"]: tag["Value"] for tag in resource.properties.get("Tags", Tags()).tags}
            resource.Tags = Tags({**tags, "ManagedBy": "tapgen", **own})
