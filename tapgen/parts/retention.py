"""What happens to a resource that holds something when its stack, or its place in the stack, goes."""

from __future__ import annotations

from typing import Any


def retention(protect: bool) -> dict[str, Any]:
    """The two policies of a resource that holds data, explicit even where they are CloudFormation's default.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    policy = "Retain" if protect else "Delete"
    return {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}
