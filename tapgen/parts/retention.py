"""What happens to a resource that holds something when its stack, or its place in the stack, goes."""

from __future__ import annotations

from typing import Any

KEPT: dict[str, Any] = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
"""Always kept: a bucket that is not empty cannot be deleted anyway."""


def retention(protect: bool) -> dict[str, Any]:
    """The policies of a resource that holds data, explicit even where they are CloudFormation's default.

    What is protected goes only where its own creation failed: nothing is in it yet, and nothing is left behind.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    if protect:
        return {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
    return {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}


def snapshot(protect: bool) -> dict[str, Any]:
    """The policies of a database: what is protected goes, with the network that it is in, but for a last snapshot.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    policy = "Snapshot" if protect else "Delete"
    return {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}
