"""What can be said about databases: Aurora clusters that scale by themselves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapgen.config.data import Stored
from tapgen.config.types import DatabaseUser, EngineVersion, Model

VERSIONS = {"postgresql": "17.9", "mysql": "8.0.mysql_aurora.3.10.5"}
"""What is made where the file names no version: AWS's list of those that the Data API can use is at
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html."""


class DatabaseCapacity(Model):
    """Between which capacities each instance scales, in Aurora capacity units: one is 2 GiB of memory."""

    min: float = Field(0.5, ge=0, le=256, multiple_of=0.5)
    """The least capacity. With 0 an idle database pauses after five minutes, and takes some fifteen seconds to resume
    for whoever connects first."""

    max: float = Field(4, ge=1, le=256, multiple_of=0.5)
    """The greatest capacity of an instance."""


class Database(Stored):
    """An Aurora Serverless v2 cluster with one database, in the private subnets, reached with TLS alone. Its name,
    without hyphens, is that of the database.
    """

    engine: Literal["postgresql", "mysql"] = "postgresql"
    """The database engine. Another engine makes another, empty cluster."""

    version: EngineVersion | None = None
    """The version in Aurora's words: `17.9`, or `8.0.mysql_aurora.3.10.5`. By default one that tapgen chooses. Newer
    minor versions are installed in the maintenance window."""

    capacity: DatabaseCapacity = DatabaseCapacity()
    """Between which capacities each instance scales."""

    instances: int = Field(1, ge=1, le=16)
    """How many instances there are, in different zones as far as there are zones. One writes; the others are read, and
    one of them takes the place of one that fails. A single one is made anew in some minutes."""

    username: DatabaseUser = "app"
    """The user of the services, who takes turns with `<username>_clone`, so that a rotation breaks nothing. Another
    name makes new credentials, and leaves the old users in the database."""

    rotate_days: int = Field(30, ge=1, le=1000)
    """Days after which the credentials of the services are replaced."""

    backup_days: int = Field(7, ge=1, le=35)
    """Days back to any second of which the database can be restored."""

    @property
    def engine_version(self) -> str:
        """The version that is asked for."""
        return self.version or VERSIONS[self.engine]

    @property
    def port(self) -> int:
        """Where it listens."""
        return {"postgresql": 5432, "mysql": 3306}[self.engine]


def database_name(name: str) -> str:
    """What the database is called inside its cluster: Aurora knows letters and digits.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
    """
    return name.replace("-", "")
