"""What must hold for tables, buckets and queues."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.data import Stored, Table
from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.yaml.tree import Keys
from tapgen.stack import logical_id


def _stored(environment: Environment) -> Iterator[tuple[Keys, Stored]]:
    """Everything that holds data, with its path."""
    for word, entries in environment.stored.items():
        for name, stored in entries.items():
            yield (word, name), stored


def _keys(environment: Environment) -> Iterator[tuple[Keys, str, str | None]]:
    """Every pair of keys of a table or an index: its path, the partition key, and the sort key."""
    for name, table in environment.tables.items():
        yield ("tables", name), table.key, table.sort
        for title, index in table.indexes.items():
            yield ("tables", name, "indexes", title), index.key, index.sort


def data_names(environment: Environment) -> Iterator[Complaint]:
    """Whatever holds data has a name and a logical id of its own, which is not that of a workload either."""
    seen: dict[str, str] = {
        logical_id(each.name): ".".join(map(str, path)) for path, each in environment.workloads.items()
    }
    for path, _ in _stored(environment):
        word, name = path
        title = logical_id(str(name))
        if title in seen:
            message = f"has the name of {seen[title]}, or one that makes the same logical id"
            yield Complaint(path, message, "", "rename one of them", at_key=True)
        seen.setdefault(title, f"{word}.{name}")


def distinct_keys(environment: Environment) -> Iterator[Complaint]:
    """The two keys of a table or an index are two attributes.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_KeySchemaElement.html
    """
    for path, key, sort in _keys(environment):
        if key == sort:
            yield Complaint((*path, "sort"), f"`{sort}` is its `key` already", "", "name another attribute, or none")


def types_of_keys(environment: Environment) -> Iterator[Complaint]:
    """Only keys have a type: other attributes may be of a different one in each item.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeDefinition.html
    """
    for name, table in environment.tables.items():
        for attribute in table.types:
            if attribute not in table.keys:
                message = "is no key of the table or of an index, and nothing else has a type"
                hint = did_you_mean(attribute, table.keys) or "leave it out"
                path = ("tables", name, "types", attribute)
                yield Complaint(path, message, ", ".join(table.keys), hint, at_key=True)


def ttl_is_a_number(environment: Environment) -> Iterator[Complaint]:
    """The time at which an item expires is a number.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
    """
    for name, table in environment.tables.items():
        kind = table.keys.get(table.ttl or "", "number")
        if kind != "number":
            message = f"`{table.ttl}` is a key of the type {kind}, and the time at which an item expires is a number"
            hint = f"write `types: {{{table.ttl}: number}}`, or name another attribute"
            yield Complaint(("tables", name, "ttl"), message, "", hint)


def index_attributes(environment: Environment) -> Iterator[Complaint]:
    """An index holds the keys anyway, and any other attribute once.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Projection.html
    """
    for name, table in environment.tables.items():
        for title, index in table.indexes.items():
            held = _held(table, title)
            for position, attribute in enumerate(index.attributes or ()):
                path = ("tables", name, "indexes", title, "attributes", position)
                if attribute in held:
                    yield Complaint(path, f"`{attribute}` is a key, which every index holds", "", "leave it out")
                elif attribute in (index.attributes or ())[:position]:
                    yield Complaint(path, f"`{attribute}` is listed already", "", "leave it out")


def _held(table: Table, index: str) -> set[str | None]:
    return {table.key, table.sort, table.indexes[index].key, table.indexes[index].sort}


def deleted_or_retired(environment: Environment) -> Iterator[Complaint]:
    """What is deleted is not kept."""
    for path, stored in _stored(environment):
        if stored.delete and stored.retired:
            hint = "keep one of them: `retired` keeps it, `delete` deletes it"
            yield Complaint((*path, "delete"), "is retired too", "", hint, (*path, "retired"))


def deleted_unprotected(environment: Environment) -> Iterator[Complaint]:
    """What is protected is kept even where the template no longer holds it, and then nobody looks after it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    for path, stored in _stored(environment):
        if stored.delete and (environment.protect if stored.protect is None else stored.protect):
            message = "is protected: it would stay in the account, and nobody would look after it"
            hint = "first deploy it with `protect: false` beside it; then write `delete: true`"
            against = ("protect",) if stored.protect is None else (*path, "protect")
            yield Complaint((*path, "delete"), message, "", hint, premises=(against,))
