"""What CloudFormation leaves alone although it is no longer in the templates: `DeletionPolicy: Retain`.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from tapgen.review.differences import Change
from tapgen.review.stacks import Stack

KEEPING = ("Retain", "RetainExceptOnCreate")


def kept(before: Mapping[str, Stack], changes: Iterable[Change]) -> dict[str, Stack]:
    """The stacks as they were, with nothing in them but what stays, under names that no stack has.

    What is there again under another name is not in it: that is looked at under the new one.
    """
    gone = {address: each for address, each in removed(changes).items() if not each.was}
    found: dict[str, Stack] = {}
    for address, stack in before.items():
        stays = {title for title in stack.resources if is_kept(stack, title, gone)}
        if stays:
            resources = {title: each for title, each in stack.body["Resources"].items() if title in stays}
            found[f"{address} kept"] = replace(stack, body={**stack.body, "Resources": resources})
    return found


def removed(changes: Iterable[Change]) -> dict[str, Change]:
    """What is no longer in the templates, or is under another name, by the address that it had."""
    return {f"{each.stack}.{each.was or each.title}": each for each in changes if each.was or each.kind == "removed"}


def is_kept(stack: Stack, title: str, gone: Collection[str]) -> bool:
    """Whether a resource goes from the templates and stays, by itself or with a stack that it is in."""
    if f"{stack.address}.{title}" not in gone:
        return False
    if stack.resources[title]["Policies"].get("DeletionPolicy") in KEEPING:
        return True
    return stack.parent is not None and is_kept(stack.parent, stack.title, gone)
