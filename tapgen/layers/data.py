"""Data: the tables, buckets and queues of the services, in a template that no service's end takes with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from troposphere import Tags, Template, dynamodb, s3, sqs

from tapgen.config import data as config
from tapgen.kinds import Text
from tapgen.parts.alarms import Alarms, Threshold, metric
from tapgen.parts.buckets import CLOSED, ENCRYPTED, OWNED, tls_only
from tapgen.parts.context import arch, why
from tapgen.parts.policies import document
from tapgen.parts.present import present
from tapgen.parts.queues import dead_letters, tls_only_policy
from tapgen.parts.retention import retention
from tapgen.stack import logical_id

DAY = 86400
RETIRED = "Retired: kept with all that it holds, and used by nobody."
TYPES = {"string": "S", "number": "N", "binary": "B"}


@dataclass(frozen=True)
class Table:
    """What others need to use a table."""

    name: Text
    arn: Text
    indexes: tuple[str, ...]


@dataclass(frozen=True)
class Bucket:
    """What others need to use a bucket."""

    name: Text
    arn: Text


@dataclass(frozen=True)
class Queue:
    """What others need to use a queue."""

    name: Text
    arn: Text
    url: Text


Made = TypeVar("Made", Table, Bucket, Queue)


@dataclass(frozen=True, kw_only=True)
class Data:
    """Everything that is not to be deleted; what is retired is there too, and offered to nobody."""

    tables: Mapping[str, config.Table]
    buckets: Mapping[str, config.Bucket]
    queues: Mapping[str, config.Queue]
    protect: bool
    alarms: Alarms

    @dataclass(frozen=True)
    class Outputs:
        tables: dict[str, Table]
        buckets: dict[str, Bucket]
        queues: dict[str, Queue]

        @property
        def attributes(self) -> dict[str, dict[str, Text]]:
            """What may be said of each, by its name."""
            named = {name: {"name": each.name, "arn": each.arn} for name, each in (self.tables | self.buckets).items()}
            return named | {
                name: {"name": queue.name, "arn": queue.arn, "url": queue.url} for name, queue in self.queues.items()
            }

    def build(self, template: Template) -> Outputs:
        template.set_description("Data: the tables, buckets and queues of the services.")
        arch(template, "Apart from the services: none takes its data along when it goes.")
        tables = {name: self._table(template, name, table) for name, table in self.tables.items()}
        buckets = {name: self._bucket(template, name, bucket) for name, bucket in self.buckets.items()}
        queues = {name: self._queue(template, name, queue) for name, queue in self.queues.items()}
        return self.Outputs(
            _offered(tables, self.tables), _offered(buckets, self.buckets), _offered(queues, self.queues)
        )

    def _table(self, template: Template, name: str, table: config.Table) -> Table:
        """A table that scales with its load; encrypted with a key of DynamoDB's own, which nobody needs a right to.

        Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html
        """
        protect = self._is_protected(table)
        made = template.add_resource(
            dynamodb.Table(
                f"{logical_id(name)}Table",
                **retention(protect),
                Metadata=why(
                    RETIRED if table.retired else "Outlives the services that use it.",
                    "Another KeySchema is another table, without the items of this one.",
                    mutable="change-with-constraints",
                ),
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    dynamodb.AttributeDefinition(AttributeName=key, AttributeType=TYPES[kind])
                    for key, kind in table.keys.items()
                ],
                KeySchema=_schema(table),
                **present(
                    GlobalSecondaryIndexes=[_index(title, index) for title, index in table.indexes.items()] or None,
                    TimeToLiveSpecification=table.ttl
                    and dynamodb.TimeToLiveSpecification(AttributeName=table.ttl, Enabled=True),
                ),
                PointInTimeRecoverySpecification=dynamodb.PointInTimeRecoverySpecification(
                    PointInTimeRecoveryEnabled=bool(table.recovery_days),
                    **present(RecoveryPeriodInDays=table.recovery_days or None),
                ),
                DeletionProtectionEnabled=protect,
                Tags=Tags(Name=name),
            )
        )
        return Table(Text(made.ref()), Text(made.get_att("Arn")), tuple(table.indexes))

    def _bucket(self, template: Template, name: str, bucket: config.Bucket) -> Bucket:
        kept = retention(self._is_protected(bucket))
        made = template.add_resource(
            s3.Bucket(
                f"{logical_id(name)}Bucket",
                **kept,
                **_reason(bucket),
                BucketEncryption=ENCRYPTED,
                LifecycleConfiguration=s3.LifecycleConfiguration(Rules=_lifecycle(bucket)),
                OwnershipControls=OWNED,
                PublicAccessBlockConfiguration=CLOSED,
                VersioningConfiguration=s3.VersioningConfiguration(
                    Status="Enabled" if bucket.versions else "Suspended"
                ),
                Tags=Tags(Name=name),
            )
        )
        template.add_resource(
            s3.BucketPolicy(f"{made.title}Policy", **kept, Bucket=made.ref(), PolicyDocument=document(tls_only(made)))
        )
        return Bucket(Text(made.ref()), Text(made.get_att("Arn")))

    def _queue(self, template: Template, name: str, queue: config.Queue) -> Queue:
        """A queue and its dead letters, encrypted with a key of SQS's own, which nobody needs a right to.

        Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-data-encryption.html
        """
        kept = retention(self._is_protected(queue))
        title, fifo = logical_id(name), present(FifoQueue=queue.fifo or None)
        dead = template.add_resource(dead_letters(f"{title}DeadLetters", kept | fifo, name))
        made = template.add_resource(
            sqs.Queue(
                f"{title}Queue",
                **kept,
                **_reason(queue),
                **fifo,
                VisibilityTimeout=queue.visibility,
                MessageRetentionPeriod=queue.retention_days * DAY,
                DelaySeconds=queue.delay,
                # An empty answer comes after 20 seconds, not at once: most of what an idle consumer pays for.
                ReceiveMessageWaitTimeSeconds=20,
                RedrivePolicy=sqs.RedrivePolicy(
                    deadLetterTargetArn=dead.get_att("Arn"), maxReceiveCount=queue.max_receives
                ),
                SqsManagedSseEnabled=True,
                Tags=Tags(Name=name),
            )
        )
        for each in (made, dead):
            template.add_resource(tls_only_policy(each, kept))
        self._watch(template, name, made, dead, queue.max_age)
        return Queue(Text(made.get_att("QueueName")), Text(made.get_att("Arn")), Text(made.ref()))

    def _watch(self, template: Template, name: str, queue: sqs.Queue, dead: sqs.Queue, max_age: int) -> None:
        """Tell of messages that wait too long, and of those that nobody can handle.

        Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
        """
        template.add_resource(
            self.alarms.alarm(
                f"{logical_id(name)}Waiting",
                f"The oldest message of {name} has waited for more than {max_age} seconds.",
                metric(
                    "AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": queue.get_att("QueueName")}, "Maximum"
                ),
                Threshold("GreaterThanThreshold", max_age, minutes=1),
            )
        )
        template.add_resource(
            self.alarms.alarm(
                f"{logical_id(name)}Failed",
                f"Messages of {name} could not be handled, and wait in its dead-letter queue.",
                metric(
                    "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": dead.get_att("QueueName")}, "Maximum"
                ),
                Threshold("GreaterThanThreshold", 0, minutes=1),
            )
        )

    def _is_protected(self, stored: config.Stored) -> bool:
        return self.protect if stored.protect is None else stored.protect


def _reason(stored: config.Stored) -> dict[str, Any]:
    return {"Metadata": why(RETIRED)} if stored.retired else {}


def _offered(made: Mapping[str, Made], wanted: Mapping[str, config.Stored]) -> dict[str, Made]:
    return {name: each for name, each in made.items() if not wanted[name].retired}


def _schema(keys: config.Table | config.Index) -> list[dynamodb.KeySchema]:
    parts = {"HASH": keys.key, "RANGE": keys.sort}
    return [dynamodb.KeySchema(AttributeName=name, KeyType=kind) for kind, name in parts.items() if name]


def _index(name: str, index: config.Index) -> dynamodb.GlobalSecondaryIndex:
    if index.attributes is None:
        projection = dynamodb.Projection(ProjectionType="ALL")
    elif index.attributes:
        projection = dynamodb.Projection(ProjectionType="INCLUDE", NonKeyAttributes=list(index.attributes))
    else:
        projection = dynamodb.Projection(ProjectionType="KEYS_ONLY")
    return dynamodb.GlobalSecondaryIndex(IndexName=name, KeySchema=_schema(index), Projection=projection)


def _lifecycle(bucket: config.Bucket) -> list[s3.LifecycleRule]:
    """What goes by itself: uploads that nobody ends, old versions, and where it is said, objects."""
    old = s3.NoncurrentVersionExpiration(NoncurrentDays=bucket.version_days)
    rules = [
        s3.LifecycleRule(
            Id="tidy",
            Status="Enabled",
            AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(DaysAfterInitiation=7),
            **present(NoncurrentVersionExpiration=old, ExpirationInDays=bucket.expire_days),
        )
    ]
    if not bucket.expire_days:
        # Once its old versions are gone, the mark of a deleted object says nothing any more.
        rules.append(s3.LifecycleRule(Id="marks", Status="Enabled", ExpiredObjectDeleteMarker=True))
    return rules
