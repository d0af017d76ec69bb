"""What the code of a workload may do with data: exact actions on what the file names, verb by verb."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from awacs import dynamodb, s3, sqs
from awacs.aws import Action, Condition, Statement, StringEquals
from troposphere import Ref, Sub

from tapgen.config.data import variable
from tapgen.config.workload import Workload
from tapgen.kinds import Text
from tapgen.layers.data import Bucket, Data, Table
from tapgen.layers.databases.layer import Database
from tapgen.parts.arns import spelled
from tapgen.parts.policies import allow
from tapgen.stack import logical_id

TABLE = {
    "read": (
        dynamodb.BatchGetItem,
        dynamodb.ConditionCheckItem,
        dynamodb.DescribeTable,
        dynamodb.GetItem,
        dynamodb.Query,
        dynamodb.Scan,
    ),
    "write": (dynamodb.PutItem, dynamodb.UpdateItem),
    "delete": (dynamodb.DeleteItem,),
}
"""Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html"""

BATCH = (dynamodb.BatchWriteItem,)
"""Puts and deletes in one request, and is one right: it takes both verbs."""

INDEX = (dynamodb.Query, dynamodb.Scan)
"""What can be done with an index."""

OBJECT = {
    "read": (s3.GetObject,),
    "write": (s3.PutObject, s3.AbortMultipartUpload, s3.ListMultipartUploadParts),
    "delete": (s3.DeleteObject,),
}
"""Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""

BUCKET = {"read": (s3.ListBucket,)}
"""Without it, an object that is not there cannot be told from one that is forbidden."""

QUEUE = {
    "publish": (sqs.GetQueueAttributes, sqs.GetQueueUrl, sqs.SendMessage),
    "consume": (
        sqs.ChangeMessageVisibility,
        sqs.DeleteMessage,
        sqs.GetQueueAttributes,
        sqs.GetQueueUrl,
        sqs.ReceiveMessage,
    ),
}
"""Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html"""

Kind = TypeVar("Kind")


def statements(config: Workload, data: Data.Outputs | None) -> Iterator[Statement]:
    """A statement for each table, its indexes, each bucket, the objects in it, and each queue that it may use."""
    if not data:
        return
    for name, table, verbs in _used(config, data.tables):
        yield from _table(logical_id(name), table, verbs)
    for name, bucket, verbs in _used(config, data.buckets):
        yield from _bucket(logical_id(name), bucket, verbs)
    for name, queue, verbs in _used(config, data.queues):
        yield allow(f"Use{logical_id(name)}", _may(QUEUE, verbs), [queue.arn])


def further(config: Workload, account: str, region: str) -> Iterator[Statement]:
    """The statements that the file writes out."""
    for number, statement in enumerate(config.statements, start=1):
        actions = [Action(*action.split(":")) for action in statement.actions]
        resources = [each if each == "*" else spelled(each, account, region) for each in statement.resources]
        yield allow(f"Further{number}", actions, resources)


def variables(config: Workload, data: Data.Outputs | None, databases: Mapping[str, Database]) -> dict[str, Text | str]:
    """Where it finds what it may use, by the variables that tell it."""
    found: dict[str, Text | str] = {}
    if data:
        found |= {variable(name, "TABLE"): table.name for name, table, _ in _used(config, data.tables)}
        found |= {variable(name, "BUCKET"): bucket.name for name, bucket, _ in _used(config, data.buckets)}
        found |= {variable(name, "QUEUE_URL"): queue.url for name, queue, _ in _used(config, data.queues)}
    for name, database, _ in _used(config, databases):
        found |= {variable(name, "HOST"): database.host, variable(name, "PORT"): str(database.port)}
        found[variable(name, "DATABASE")] = database.name
        if database.reader_host:
            found[variable(name, "READER_HOST")] = database.reader_host
    return found


def _used(config: Workload, offered: Mapping[str, Kind]) -> Iterator[tuple[str, Kind, Sequence[str]]]:
    return ((name, offered[name], verbs) for name, verbs in config.access.items() if name in offered)


def _may(actions: Mapping[str, Sequence[Action]], verbs: Sequence[str]) -> list[Action]:
    """The actions of all verbs, each once, in the order of their names."""
    found = {str(action.action): action for verb in verbs for action in actions.get(verb, ())}
    return [found[name] for name in sorted(found)]


def _table(title: str, table: Table, verbs: Sequence[str]) -> Iterator[Statement]:
    batch = BATCH if {"write", "delete"} <= set(verbs) else ()
    yield allow(f"Use{title}", _may({**TABLE, "batch": batch}, [*verbs, "batch"]), [table.arn])
    if "read" in verbs and table.indexes:
        yield allow(f"Use{title}Indexes", list(INDEX), [Sub(f"{table.arn}/index/{index}") for index in table.indexes])


def _bucket(title: str, bucket: Bucket, verbs: Sequence[str]) -> Iterator[Statement]:
    """On the bucket and on its objects apart, and only as long as it is this account's: names of buckets are global.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    ours = Condition(StringEquals("aws:ResourceAccount", Ref("AWS::AccountId")))
    if listing := _may(BUCKET, verbs):
        yield allow(f"Find{title}", listing, [bucket.arn], ours)
    yield allow(f"Use{title}", _may(OBJECT, verbs), [Sub(f"{bucket.arn}/*")], ours)
