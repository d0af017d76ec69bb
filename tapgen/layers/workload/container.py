"""The container of a task: what it runs, what it is told, and what it may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from troposphere import Sub, ecs, logs

from tapgen.config.service import Service
from tapgen.config.workload import Workload, split_reference
from tapgen.kinds import Text
from tapgen.layers.workload import access, references
from tapgen.layers.workload.foundation import Foundation
from tapgen.mesh import plain
from tapgen.parts.log_groups import log_configuration
from tapgen.parts.present import present

NAME = "app"


@dataclass(frozen=True, kw_only=True)
class Container:
    """The only container of a task."""

    config: Workload
    callees: Sequence[Service]
    """The services it calls."""
    on: Foundation
    log_group: logs.LogGroup
    ports: Sequence[ecs.PortMapping] = ()
    placeholder: Sequence[str]
    """The command that runs as long as there is no image."""
    told: Mapping[str, str]
    """Variables beside those that every container gets."""
    health: ecs.HealthCheck | None
    """How ECS finds out that it works; None where nobody asks."""

    def definition(self) -> ecs.ContainerDefinition:
        """The container as ECS takes it.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
        """
        config = self.config
        secrets = [ecs.Secret(Name=name, ValueFrom=self._secret(key)) for name, key in config.secrets.items()]
        return ecs.ContainerDefinition(
            **present(
                Name=NAME,
                Image=self.on.images.of(config),
                RepositoryCredentials=self._credentials(),
                Command=None if config.has_image else list(self.placeholder),
                Essential=True,
                User=config.user,
                ReadonlyRootFilesystem=config.read_only,
                LinuxParameters=_linux(sessions=self.on.cluster.exec is not None),
                Ulimits=[ecs.Ulimit(Name="nofile", SoftLimit=config.open_files, HardLimit=config.open_files)],
                StopTimeout=config.stop_timeout,
                PortMappings=list(self.ports) or None,
                Environment=[ecs.Environment(Name=name, Value=value) for name, value in self._variables().items()],
                Secrets=secrets or None,
                HealthCheck=self.health,
                LogConfiguration=log_configuration(self.log_group, NAME),
            )
        )

    def _credentials(self) -> ecs.RepositoryCredentials | None:
        secret = self.on.images.credentials(self.config)
        return ecs.RepositoryCredentials(CredentialsParameter=secret) if secret else None

    def _variables(self) -> dict[str, Text | Sub | str]:
        variables: dict[str, Text | Sub | str] = {"SERVICE_NAME": self.config.name, "ENVIRONMENT": self.on.environment}
        variables |= self.told
        variables |= access.variables(self.config, self.on.data)
        for callee in self.callees:
            variables |= plain.urls(callee)
        known = references.known(self.callees, self.on)
        return variables | {name: references.filled(text, known) for name, text in self.config.env.items()}

    def _secret(self, part: str) -> Sub:
        """One JSON key of a secret, as `arn:json-key:version-stage:version-id`.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
        """
        name, key = split_reference(part)
        if not self.on.credentials:
            raise ValueError(f"{self.config.name} wants {part}, and the platform generates no secret")
        return Sub(f"{self.on.credentials.arns[name]}:{key}::")


def _linux(*, sessions: bool) -> ecs.LinuxParameters:
    """An init process that hands on SIGTERM, and no capability; sessions of execute-command need those of Docker.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html ,
    https://github.com/aws/containers-roadmap/issues/1360
    """
    none = None if sessions else ecs.KernelCapabilities(Drop=["ALL"])
    return ecs.LinuxParameters(**present(InitProcessEnabled=True, Capabilities=none))
