"""What stays of a platform when its stacks are deleted, because its templates say so: what it costs, and its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tapgen.deploy import stacks
from tapgen.deploy.aws import Aws, AwsError, at_once
from tapgen.deploy.cleanup import deletion
from tapgen.parse import parse

COSTS: Mapping[str, str] = {
    "AWS::S3::BucketPolicy": "free",
    "AWS::SQS::Queue": "free, as long as nobody uses it",
    "AWS::SQS::QueuePolicy": "free",
    "AWS::DynamoDB::Table": "$0.25 per GB and month, and $0.20 for restoring to any second",
    "AWS::ECR::Repository": "$0.10 per GB and month",
    "AWS::KMS::Key": "$1.00 per month",
    "AWS::Logs::LogGroup": "$0.03 per GB and month, until its retention has passed",
    "AWS::S3::Bucket": "$0.023 per GB and month, until its objects expire",
    "AWS::SecretsManager::Secret": "$0.40 per month",
}
"""What templates may keep, and list prices of us-east-1 in 2026, as estimates.

Sources: https://aws.amazon.com/ecr/pricing/ , https://aws.amazon.com/kms/pricing/ ,
https://aws.amazon.com/cloudwatch/pricing/ , https://aws.amazon.com/s3/pricing/ ,
https://aws.amazon.com/secrets-manager/pricing/ ,
https://aws.amazon.com/dynamodb/pricing/on-demand/ , https://aws.amazon.com/sqs/pricing/
"""

DONE = frozenset({"Custom::Migration"})
"""What templates keep, and is nothing: a migration that has run."""


@dataclass(frozen=True)
class Holding:
    """A resource of a deployed platform."""

    type: str
    physical_id: str
    kept: bool
    """Whether it stays when its stack is deleted."""

    @property
    def cost(self) -> str:
        return COSTS[self.type]


def holdings(aws: Aws, stack: str) -> list[Holding]:
    """What a stack and the stacks nested in it consist of, but for the stacks themselves.

    Raises:
        AwsError: AWS could not be asked.
    """
    found = [each for each in stacks.resources(aws, stack) if each.physical_id and each.type not in DONE]
    template: Mapping[str, Any] = {}
    if any(each.type in COSTS for each in found):  # nothing else is ever kept
        template = parse(stacks.template(aws, stack))["Resources"]
    nested = [each.physical_id for each in found if each.type == stacks.NESTED]
    return [
        *(
            Holding(each.type, each.physical_id, _stays(template.get(each.logical_id, {})))
            for each in found
            if each.type != stacks.NESTED
        ),
        *(each for inner in at_once(lambda each: holdings(aws, each), nested) for each in inner),
    ]


def purge(aws: Aws, left: Holding) -> str:
    """Delete what a stack has left behind, with all that it holds; say what is to come of it.

    Raises:
        AwsError: AWS could not be asked, or refuses.
    """
    try:
        return _ENDS[left.type](aws, left.physical_id)
    except AwsError as error:
        if "NotFound" in error.code or "NoSuch" in error.code:
            return "is gone"
        raise


def empty_bucket(aws: Aws, bucket: str) -> None:
    """Delete every object of a bucket, and every version of it.

    Raises:
        AwsError: AWS could not be asked.
    """
    while True:
        page = aws("s3api", "list-object-versions", "--bucket", bucket, "--max-items", "500")
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not found:
            return
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        body = json.dumps({"Objects": objects, "Quiet": True})
        aws("s3api", "delete-objects", "--bucket", bucket, "--delete", body)


def _stays(resource: Mapping[str, Any]) -> bool:
    return str(resource.get("DeletionPolicy", "Delete")).startswith("Retain")


def _bucket(aws: Aws, name: str) -> str:
    empty_bucket(aws, name)
    aws("s3api", "delete-bucket", "--bucket", name)
    return "is gone, with its objects"


def _bucket_policy(_: Aws, __: str) -> str:
    return "goes with its bucket"


def _table(aws: Aws, name: str) -> str:
    aws("dynamodb", "update-table", "--table-name", name, "--no-deletion-protection-enabled")
    aws("dynamodb", "wait", "table-exists", "--table-name", name)  # while it is changing, it cannot be deleted
    aws("dynamodb", "delete-table", "--table-name", name)
    return "is gone, with its items"


def _queue(aws: Aws, url: str) -> str:
    # Not `aws sqs`: in version 1 of the CLI it knows addresses of its own, and goes past AWS_ENDPOINT_URL.
    deletion(aws, "AWS::SQS::Queue", url)
    return "will be gone in a minute, with its messages"


def _queue_policy(_: Aws, __: str) -> str:
    return "goes with its queue"


def _key(aws: Aws, key: str) -> str:
    aws("kms", "schedule-key-deletion", "--key-id", key, "--pending-window-in-days", "7")
    return "will be gone in 7 days"


def _secret(aws: Aws, arn: str) -> str:
    aws("secretsmanager", "delete-secret", "--secret-id", arn, "--recovery-window-in-days", "7")
    return "will be gone in 7 days"


def _log_group(aws: Aws, name: str) -> str:
    aws("logs", "delete-log-group", "--log-group-name", name)
    return "is gone, with its logs"


def _repository(aws: Aws, name: str) -> str:
    aws("ecr", "delete-repository", "--repository-name", name, "--force")
    return "is gone, with its images"


_ENDS: Mapping[str, Callable[[Aws, str], str]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::ECR::Repository": _repository,
    "AWS::KMS::Key": _key,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SecretsManager::Secret": _secret,
}
"""How resources end, by type."""
