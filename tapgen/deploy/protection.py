"""What protects a deployed platform from a wrong command: termination protection, and policies of its stacks.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html ,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tapgen.deploy import stacks
from tapgen.deploy.aws import Aws, at_once
from tapgen.parse import parse
from tapgen.stack import logical_id

PRECIOUS = (
    "AWS::EC2::VPC",
    "AWS::ECR::Repository",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
)
"""Types whose replacement or removal loses data, or the addresses that others know."""

_ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}
_DENY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["Update:Replace", "Update:Delete"],
    "Resource": "*",
    "Condition": {"StringEquals": {"ResourceType": list(PRECIOUS)}},
}


def protect(aws: Aws, root: str, templates: Mapping[str, str], *, was: bool, wanted: bool) -> None:
    """Make the stack *root*, with *templates* by path nested in it, as protected as *wanted*, whatever it *was*.

    Raises:
        AwsError: AWS could not be asked.
    """
    if templates and (wanted or was):
        nested = stacks.nested(aws, root)
        holders = [nested[name] for name in _holders(templates) if name in nested]
        policy = json.dumps({"Statement": [_ALLOW, _DENY] if wanted else [_ALLOW]})
        at_once(
            lambda stack: aws(
                *("cloudformation", "set-stack-policy", "--stack-name", stack, "--stack-policy-body", policy)
            ),
            holders,
        )
    if wanted != was:
        permit_deletion(aws, root, allowed=not wanted)


def permit_deletion(aws: Aws, root: str, *, allowed: bool) -> None:
    """Let a stack be deleted, with those nested in it, or not.

    Raises:
        AwsError: AWS could not be asked.
    """
    switch = "--no-enable-termination-protection" if allowed else "--enable-termination-protection"
    aws("cloudformation", "update-termination-protection", "--stack-name", root, switch)


def _holders(templates: Mapping[str, str]) -> list[str]:
    """The logical ids of the nested stacks that hold something precious."""
    return [
        logical_id(path.rpartition("/")[2].removesuffix(".yaml"))
        for path, text in templates.items()
        if any(each["Type"] in PRECIOUS for each in parse(text)["Resources"].values())
    ]
