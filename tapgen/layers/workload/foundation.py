"""What all services and jobs of an environment stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tapgen.config.model import Deployment, Mesh
from tapgen.kinds import Text
from tapgen.layers.cluster import Cluster
from tapgen.layers.data import Data
from tapgen.layers.databases.layer import Database
from tapgen.layers.ingress import Ingress
from tapgen.layers.network import Network
from tapgen.layers.workload.images import Images
from tapgen.parts.alarms import Alarms
from tapgen.parts.log_groups import LogGroups
from tapgen.parts.roles import Roles


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """The settings of the environment, and what its other layers offer."""

    environment: str
    account: str
    region: str
    images: Images
    deployment: Deployment
    mesh: Mesh
    roles: Roles
    log_groups: LogGroups
    alarms: Alarms
    network: Network.Outputs
    data: Data.Outputs | None
    """None where there is nothing to keep."""
    databases: Mapping[str, Database]
    secret_arns: Mapping[str, Text]
    """The secrets that the platform generates, and the credentials of databases under their names."""
    credentials_key_arn: Text | None
    """What encrypts them; None where there are none."""
    cluster: Cluster.Outputs
    ingress: Ingress.Outputs | None
    """None where no service is reached from the internet."""
    stacks: Mapping[str, Mapping[str, Text]]
    """The outputs of the user's own templates, by the name of the stack."""
