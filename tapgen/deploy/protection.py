"""What protects a deployed platform from a wrong command: termination protection, and policies of its stacks.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html ,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tapgen.deploy import stacks
from tapgen.deploy.aws import Aws, at_once
from tapgen.deploy.colours import HELD, RULES
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
_DENY = {"Effect": "Deny", "Principal": "*", "Action": ["Update:Replace", "Update:Delete"]}


def protect(aws: Aws, root: str, templates: Mapping[str, str], *, was: bool, wanted: bool) -> None:
    """Make the stack *root*, with *templates* by path nested in it, as protected as *wanted*, whatever it *was*.

    Raises:
        AwsError: AWS could not be asked.
    """
    bodies = {name: parse(text) for name, text in _by_stack(templates).items()}
    holders = {name: body for name, body in bodies.items() if _moves(body) or ((wanted or was) and _precious(body))}
    if holders:
        nested = stacks.nested(aws, root)
        policies = {nested[name]: policy(body, wanted=wanted) for name, body in holders.items() if name in nested}
        at_once(lambda stack: _set(aws, stack, json.dumps(policies[stack])), list(policies))
    if wanted != was:
        permit_deletion(aws, root, allowed=not wanted)


def permit_deletion(aws: Aws, root: str, *, allowed: bool) -> None:
    """Let a stack be deleted, with those nested in it, or not.

    Raises:
        AwsError: AWS could not be asked.
    """
    switch = "--no-enable-termination-protection" if allowed else "--enable-termination-protection"
    aws("cloudformation", "update-termination-protection", "--stack-name", root, switch)


@contextmanager
def lifted(aws: Aws, found: Iterable[str]) -> Iterator[None]:
    """Let these stacks be changed in any way, for once.

    Raises:
        AwsError: AWS could not be asked.
    """
    named = list(found)
    policies = at_once(lambda stack: aws("cloudformation", "get-stack-policy", "--stack-name", stack), named)
    before = {stack: each.get("StackPolicyBody", "") for stack, each in zip(named, policies, strict=True)}
    at_once(lambda stack: _set(aws, stack, json.dumps({"Statement": [_ALLOW]})), named)
    try:
        yield
    finally:
        at_once(lambda stack: _set(aws, stack, before[stack]), [stack for stack in named if before[stack]])


def _set(aws: Aws, stack: str, body: str) -> None:
    aws("cloudformation", "set-stack-policy", "--stack-name", stack, "--stack-policy-body", body)


def policy(template: Mapping[str, Any], *, wanted: bool) -> dict[str, Any]:
    """The stack policy for *template*: it protects what leads requests to two colours.

    Where protection is *wanted*, it protects all that is precious too, but for what goes with its stack.
    """
    statements: list[dict[str, Any]] = [_ALLOW]
    if _moves(template):
        held = [name for name in HELD if name in template["Resources"]]
        statements.append(_DENY | {"Resource": [f"LogicalResourceId/{name}" for name in held]})
    if wanted and _precious(template):
        spared = [
            f"LogicalResourceId/{name}"
            for name, each in template["Resources"].items()
            if each["Type"] in PRECIOUS and each.get("DeletionPolicy") == "Delete"
        ]
        where = {"NotResource": spared} if spared else {"Resource": "*"}
        statements.append(_DENY | where | {"Condition": {"StringEquals": {"ResourceType": list(PRECIOUS)}}})
    return {"Statement": statements}


def _precious(template: Mapping[str, Any]) -> bool:
    return any(each["Type"] in PRECIOUS for each in template["Resources"].values())


def _moves(template: Mapping[str, Any]) -> bool:
    return RULES[0] in template["Resources"]


def _by_stack(templates: Mapping[str, str]) -> dict[str, str]:
    """The text of each template, by the logical id of its nested stack."""
    return {logical_id(path.rpartition("/")[2].removesuffix(".yaml")): text for path, text in templates.items()}
