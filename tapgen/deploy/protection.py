"""What protects a deployed platform from a wrong command: termination protection, and policies of its stacks.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html ,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tapgen.deploy import stacks
from tapgen.deploy.aws import Aws, at_once
from tapgen.parse import parse
from tapgen.stack import logical_id

PRECIOUS = (
    "AWS::DynamoDB::Table",
    "AWS::EC2::VPC",
    "AWS::ECR::Repository",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::KMS::Key",
    "AWS::RDS::DBCluster",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
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
        policies = {
            nested[name]: json.dumps(policy(body) if wanted else {"Statement": [_ALLOW]})
            for name, body in _holders(templates).items()
            if name in nested
        }
        at_once(
            lambda stack: aws(
                *("cloudformation", "set-stack-policy", "--stack-name", stack),
                *("--stack-policy-body", policies[stack]),
            ),
            list(policies),
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


def policy(template: Mapping[str, Any]) -> dict[str, Any]:
    """The stack policy for *template*: it protects all that is precious, but for what goes with its stack."""
    spared = [
        f"LogicalResourceId/{name}"
        for name, each in template["Resources"].items()
        if each["Type"] in PRECIOUS and each.get("DeletionPolicy") == "Delete"
    ]
    if not spared:
        return {"Statement": [_ALLOW, _DENY]}
    deny = {key: value for key, value in _DENY.items() if key != "Resource"} | {"NotResource": spared}
    return {"Statement": [_ALLOW, deny]}


def _holders(templates: Mapping[str, str]) -> dict[str, Any]:
    """The nested stacks that hold something precious, by logical id, with their templates."""
    parsed = {path: parse(text) for path, text in templates.items()}
    return {
        logical_id(path.rpartition("/")[2].removesuffix(".yaml")): body
        for path, body in parsed.items()
        if any(each["Type"] in PRECIOUS for each in body["Resources"].values())
    }
