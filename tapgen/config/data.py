"""What can be said about the data of services: tables, buckets and queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import Field

from tapgen.config.types import Attribute, IndexName, List, Model

AttributeType = Literal["string", "number", "binary"]
Verb = Literal["read", "write", "delete", "publish", "consume", "connect"]

VERBS: Mapping[str, tuple[Verb, ...]] = {
    "tables": ("read", "write", "delete"),
    "buckets": ("read", "write", "delete"),
    "queues": ("publish", "consume"),
    "databases": ("connect",),
}
"""What can be done with each kind of data, by its word in the file."""

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "tables": ("TABLE",),
    "buckets": ("BUCKET",),
    "queues": ("QUEUE_URL",),
    "databases": ("HOST", "PORT", "DATABASE", "READER_HOST"),
}
"""How the variables end in which whoever may use it finds a table or bucket by name, a queue by URL, a database."""


def variable(name: str, end: str) -> str:
    """The environment variable that says where data are: `ORDERS_TABLE`."""
    return f"{name.replace('-', '_').upper()}_{end}"


class Stored(Model):
    """What can be said about anything that holds data."""

    retired: bool = False
    """Keep the data, and let nobody use them any more."""

    delete: bool = False
    """Delete the data with the next deployment. Only what has been deployed without protection can be deleted. Once the
    templates are rendered, the entry can go."""

    protect: bool | None = None
    """Whether the data are kept when their stack is deleted, and cannot be deleted by accident; by default what
    `protect` of the environment says."""


S = TypeVar("S", bound=Stored)


def remaining(entries: Mapping[str, S]) -> dict[str, S]:
    """Those that the templates hold: all but what is to be deleted."""
    return {name: stored for name, stored in entries.items() if not stored.delete}


class Index(Model):
    """Another way to find the items of a table: a global secondary index."""

    key: Attribute
    """The attribute that is the partition key of the index."""

    sort: Attribute | None = None
    """The attribute that is the sort key of the index."""

    attributes: List[Attribute] | None = Field(None, max_length=20)
    """The attributes that the index holds beside keys. All by default; an empty list means the keys alone."""


class Table(Stored):
    """A DynamoDB table, paid by request."""

    key: Attribute
    """The attribute that is the partition key. Another key makes another table, without the items of the old one."""

    sort: Attribute | None = None
    """The attribute that is the sort key, where several items have one partition key. Another key makes another table,
    without the items of the old one."""

    types: dict[Attribute, AttributeType] = Field({})
    """The types of keys that are not text, by attribute: `{created: number}`."""

    indexes: dict[IndexName, Index] = Field({}, max_length=20)
    """Other ways to find items, by name. DynamoDB makes or deletes one at a time: add them in several deployments."""

    ttl: Attribute | None = None
    """The attribute with the time, in seconds since 1970, at which an item expires, to be deleted within days."""

    recovery_days: int = Field(35, ge=0, le=35)
    """Days back to any second of which the table can be restored; 0 means not at all."""

    @property
    def keys(self) -> dict[str, str]:
        """The attributes that are keys of the table or of an index, each once, with its type."""
        parts = [self.key, self.sort, *(part for index in self.indexes.values() for part in (index.key, index.sort))]
        return {part: self.types.get(part, "string") for part in parts if part}


class Bucket(Stored):
    """An S3 bucket: private, encrypted, reached with TLS alone."""

    versions: bool = True
    """Keep what is overwritten or deleted, for `version_days`."""

    version_days: int = Field(30, ge=1, le=3650)
    """Days after which what was overwritten or deleted is gone for good."""

    expire_days: int | None = Field(None, ge=1, le=36500)
    """Days after which objects are deleted."""


class Queue(Stored):
    """An SQS queue, with a dead-letter queue for what cannot be handled."""

    fifo: bool = False
    """Hand out the messages of one group in order, and each once. Another value makes another, empty queue."""

    visibility: int = Field(60, ge=1, le=43200)
    """Seconds that a message is hidden from others once somebody has received one: longer than handling takes."""

    retention_days: int = Field(4, ge=1, le=14)
    """Days after which a message that nobody has handled is deleted."""

    delay: int = Field(0, ge=0, le=900)
    """Seconds until a new message can be received."""

    max_receives: int = Field(5, ge=1, le=1000)
    """How often a message is received before the dead-letter queue takes and keeps the message, for 14 days."""

    max_age: int = Field(900, ge=60, le=1209600)
    """Seconds that the oldest message may wait before the alarm."""
