"""What all services and jobs of an environment stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tapgen.config.mesh import Doors, Mesh
from tapgen.kinds import Text
from tapgen.layers.app_mesh import AppMesh
from tapgen.layers.cluster import Cluster
from tapgen.layers.data import Data
from tapgen.layers.databases.layer import Database
from tapgen.layers.ingress import Ingress
from tapgen.layers.network import Network
from tapgen.layers.release import Hook
from tapgen.layers.workload.images import Images
from tapgen.mesh.service_connect import Authority
from tapgen.parts.alarms import Alarms
from tapgen.parts.log_groups import LogGroups
from tapgen.parts.roles import Roles


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """The settings of the environment, and what its other layers offer."""

    environment: str
    trust_domain: str
    """What the identities of services begin with."""
    metrics_namespace: str
    """Where the platform's own metrics are in CloudWatch."""
    account: str
    region: str
    images: Images
    brought: Mapping[str, Sequence[str]]
    """What tapgen brings to run beside each workload, by name."""
    mesh: Mesh
    doors: Doors
    """Where tasks of each service are reached."""
    authority: Authority | None
    """Who issues certificates; None where traffic between services is not encrypted."""
    app_mesh: AppMesh.Outputs | None
    """None where Service Connect is there."""
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
    test_hook: Hook | None
    """What asks new versions before they get requests; None where nobody does."""
    stacks: Mapping[str, Mapping[str, Text]]
    """The outputs of the user's own templates, by the name of the stack."""
