"""What CloudFormation may do is what the types of the templates need, handler by handler."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tapgen.config.read import read
from tapgen.parse import parse
from tapgen.render import render

PLATFORMS = [
    Path(__file__).parents[2] / "tapgen.yaml",
    *Path(__file__).parents[1].glob("golden/platforms/*/tapgen.yaml"),
]
HANDLERS = ("create", "read", "update", "delete")

NEVER_USED = {
    "iam:*RolePolicy": "but of AttachRolePolicy and DetachRolePolicy: policies stand inside the roles",
    "iam:PassRole": "granted for the platform's roles alone, which another test reads",
    "iam:ListRoles": "no instance of a database is monitored with a role",
    "iam:CreateServiceLinkedRole": "granted for named services alone, which another test reads",
    "ec2:*VpnGateway": "gateways are attached to the internet",
    "ec2:*VerifiedAccess*": "firewalls stand before load balancers",
    "dynamodb:*Item": "items are not CloudFormation's",
    "dynamodb:Query": "items are not CloudFormation's",
    "dynamodb:Scan": "items are not CloudFormation's",
    "dynamodb:*TableReplica": "tables have no replicas",
    "dynamodb:ImportTable": "tables begin empty",
    "dynamodb:*KinesisStreamingDestination": "tables feed no stream",
    "dynamodb:*ResourcePolicy": "who may use a table stands in the roles of tasks",
    "s3:*Bucket*Metadata*": "buckets have no metadata tables",
    "s3:DeleteBucket?*": "no actions of IAM, but for DeleteBucketPolicy: to take back a setting is to put it",
    "s3:*Object*": "objects are not CloudFormation's",
    "s3:REST.PUT.OBJECT": "objects are not CloudFormation's",
}
"""Permissions that a handler has, and no template of ours makes it use."""

NEVER_USED_SERVICES = (
    "amplify apigateway apprunner appsync autoscaling bedrock-agentcore cognito-idp elasticfilesystem"
    " firehose kinesis payments s3files s3tables vpc-lattice vpce"
)
"""Services that a handler knows, and no template of ours uses."""


@cache
def schemas() -> tuple[Path, dict[str, str]]:
    spec = find_spec("cfnlint")
    assert spec
    assert spec.origin
    folder = Path(spec.origin).parent / "data" / "schemas"
    index: dict[str, str] = json.loads((folder / "providers" / "eu-west-1.json").read_text(encoding="utf-8"))
    return folder / "resources", index


def needed(kind: str) -> set[str]:
    folder, index = schemas()
    handlers = json.loads((folder / f"{index[kind]}.json").read_text(encoding="utf-8")).get("handlers", {})
    return {action for handler in HANDLERS for action in handlers.get(handler, {}).get("permissions", [])}


@cache
def types() -> frozenset[str]:
    """Every type in stacks of an environment, but for templates of the user's own: docs/escape-hatch.md says so."""
    rendered = [render(read(path)) for path in PLATFORMS]
    ours = [(path, text) for each in rendered for path, text in each.items() if "/stack-" not in path]
    bodies = [parse(text) for path, text in ours if path != "bootstrap.yaml"]
    return frozenset(resource["Type"] for body in bodies for resource in body["Resources"].values())


@cache
def granted() -> tuple[str, ...]:
    template: dict[str, Any] = parse(render(read(PLATFORMS[0]))["bootstrap.yaml"])
    policies = template["Resources"]["CloudFormationRole"]["Properties"]["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    return tuple(action for statement in statements for action in statement["Action"])


def allowed(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


@pytest.mark.parametrize("kind", sorted(types() - {"AWS::CloudFormation::Stack", "Custom::Migration"}))
def test_every_handler_may_do_its_work(kind: str) -> None:
    used = {action for action in needed(kind) if action.partition(":")[0] not in NEVER_USED_SERVICES.split()}
    assert {action for action in used if not allowed(action, [*granted(), *NEVER_USED])} == set()


@pytest.mark.parametrize(
    "action",
    [
        *("iam:PutRolePolicy", "iam:DeleteRolePolicy", "s3:DeleteBucketPolicy", "s3:DeleteBucket"),
        "lambda:InvokeFunction",  # for resources of a type of our own
    ],
)
def test_what_no_exception_may_hide_is_granted(action: str) -> None:
    assert allowed(action, granted())
