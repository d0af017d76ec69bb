"""What must hold for databases, and for who uses them."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.database import database_name
from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.workload import containers, split_reference

OLDEST = 14
"""The oldest PostgreSQL that Aurora makes anew and whose users log in as the rotation of credentials needs.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html
"""

RESERVED = frozenset(
    """
    all and any as asc between by case check column create database default delete desc describe distinct drop else
    exists false for foreign from function grant group having in index insert interval into is join key keys left like
    limit lock mysql natural not null of on or order postgres primary range rank read references rename replace
    return right row rows schema select session set show some sql system table template0 template1 then to trigger true
    union unique update usage use user using values view when where window with write
    """.split()  # noqa: SIM905 (a table of a hundred lines says no more)
)
"""Words that a database of PostgreSQL or MySQL cannot be called by without quotes, and databases that are there.

https://www.postgresql.org/docs/current/sql-keywords-appendix.html , https://dev.mysql.com/doc/refman/8.4/en/keywords.html
"""

USERS = frozenset(
    {"admin", "administrator", "all", "any", "default", "mysql", "none", "postgres", "public", "rdsadmin"}
)
"""Users that are there already, and words that no user can be called by.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
"""


def capacity_order(environment: Environment) -> Iterator[Complaint]:
    """The least capacity is not above the greatest.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
    """
    for name, database in environment.databases.items():
        low, high = database.capacity.min, database.capacity.max
        if low > high:
            path = ("databases", name, "capacity")
            message, hint = f"{low:g} is above `max`, {high:g}", "raise `max`, or lower `min`"
            yield Complaint((*path, "min"), message, f"at most {high:g}", hint, (*path, "max"))


def version_of_engine(environment: Environment) -> Iterator[Complaint]:
    """A version is one of its engine, and not too old for the Data API.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html
    """
    for name, database in environment.databases.items():
        version, mysql = database.engine_version, database.engine == "mysql"
        path = ("databases", name, "version")
        if mysql != ("mysql" in version):
            example = "8.0.mysql_aurora.3.10.5" if mysql else "17.9"
            against = ("databases", name, "engine")
            yield Complaint(path, f"{version} is no version of {database.engine}", f"such as {example}", "", against)
        elif not mysql and int(version.split(".")[0]) < OLDEST:
            yield Complaint(path, f"{version} is too old to rotate credentials", f"{OLDEST} and newer")


def database_words(environment: Environment) -> Iterator[Complaint]:
    """The name of a database is no word of SQL, and its user none that is there already.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
    """
    for name, database in environment.databases.items():
        if database_name(name) in RESERVED:
            message = f"`{database_name(name)}` is a word of SQL, which no database can be called by"
            yield Complaint(("databases", name), message, "", "choose another name", at_key=True)
        for user in (database.username, f"{database.username}_owner"):
            if user in USERS:
                path = ("databases", name, "username")
                yield Complaint(path, f"`{user}` is there already, or can be no user", "", "choose another name")


def database_secrets(environment: Environment) -> Iterator[Complaint]:
    """The credentials of a database go by its name, which is not that of a secret."""
    for name in environment.databases:
        if name in environment.secrets:
            message = "is the name of a secret too, so nobody knows whose `username` and `password` are meant"
            yield Complaint(("databases", name), message, "", "rename one of them", ("secrets", name), at_key=True)


def credentials_need_access(environment: Environment) -> Iterator[Complaint]:
    """Whoever has the credentials of a database can reach it."""
    for home, workload in environment.workloads.items():
        for path, container in containers(workload):
            for variable, reference in container.generated.items():
                database, _ = split_reference(reference)
                if environment.usable.get(database) == "databases" and database not in workload.connects:
                    message = f"holds a credential for `{database}`, which the tasks cannot reach"
                    place, hint = (*home, *path, "secrets", variable), f"add `access: {{{database}: [connect]}}`"
                    yield Complaint(place, message, "", hint, premises=((*home, "access"),))
