"""Databases: Aurora clusters, and credentials for the services that are replaced again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troposphere import Template, rds

from tapgen.config import database as config
from tapgen.config.database import database_name
from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.databases import credentials
from tapgen.layers.databases.cluster import Cluster
from tapgen.layers.databases.setting import Setting
from tapgen.layers.network import Network
from tapgen.parts.context import arch


@dataclass(frozen=True)
class Database:
    """What others need to use a database."""

    host: Text
    reader_host: Text | None
    """Where the instances that are only read answer; None where there are none."""
    port: int
    name: str
    credentials_arn: Text

    @property
    def attributes(self) -> dict[str, Text | str]:
        """What may be said of it."""
        return {"name": self.name, "host": self.host, "port": str(self.port)}


@dataclass(frozen=True, kw_only=True)
class Databases:
    """One cluster for each database; what is retired is there too, and offered to nobody."""

    databases: Mapping[str, config.Database]
    group_ids: Mapping[str, SecurityGroupId]
    network: Network.Outputs
    on: Setting

    @dataclass(frozen=True)
    class Outputs:
        clusters: Mapping[str, Database]

    def build(self, template: Template) -> Outputs:
        template.set_description(
            "Databases: Aurora clusters, and credentials for the services that are replaced again and again."
        )
        arch(
            template,
            "Services -> their port, with credentials from Secrets Manager; rotation -> Data API, as the master user.",
        )
        subnets = template.add_resource(
            rds.DBSubnetGroup(
                "Subnets",
                DBSubnetGroupDescription="The private subnets",
                SubnetIds=self.network.private_subnet_ids,
            )
        )
        made = {name: self._add(template, subnets, name, database) for name, database in self.databases.items()}
        return self.Outputs({name: database for name, database in made.items() if database})

    def _add(
        self, template: Template, subnets: rds.DBSubnetGroup, name: str, database: config.Database
    ) -> Database | None:
        cluster = Cluster(name=name, config=database, group_id=self.group_ids[name], on=self.on)
        made = cluster.add(template, subnets)
        secret = credentials.add(template, cluster, made)
        if database.retired:
            return None
        reader = Text(made.get_att("ReadEndpoint.Address")) if database.instances > 1 else None
        host = Text(made.get_att("Endpoint.Address"))
        return Database(host, reader, database.port, database_name(name), Text(secret.ref()))
