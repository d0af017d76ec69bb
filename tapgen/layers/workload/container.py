"""A container of a task: what it runs, what it is told, and what it may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from troposphere import AWSHelperFn, Sub, ecs, logs

from tapgen.config.workload import ContainerCheck, ContainerSettings, split_reference
from tapgen.layers.workload import existing
from tapgen.layers.workload.foundation import Foundation
from tapgen.parts.log_groups import log_configuration
from tapgen.parts.present import present

_RESTARTS = ecs.RestartPolicy(Enabled=True, RestartAttemptPeriod=60)
"""As often as ECS allows: who ran for a minute is started again.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerRestartPolicy.html
"""

CONDITIONS = {"started": "START", "healthy": "HEALTHY", "finished": "SUCCESS"}


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container, as the file describes it and as the rest of the task needs it."""

    name: str
    config: ContainerSettings
    image: Sub | str
    credentials: str | None = None
    """The secret to log in with where the image is."""
    command: Sequence[str] | None = None
    """What it runs in place of what the file says."""
    variables: Mapping[str, AWSHelperFn | str] = field(default_factory=dict)
    ports: Sequence[ecs.PortMapping] = ()
    health: ecs.HealthCheck | None = None
    """How ECS finds out that it works; None where nobody asks."""
    essential: bool = True
    cpu: int | None = None
    memory: int | None = None
    user: str | None = None
    """Whom it runs as, in place of whom the file says."""
    writes: Mapping[str, str] = field(default_factory=dict)
    """Directories of the task, beside those that the file names, by the names of their volumes."""
    reads: Mapping[str, str] = field(default_factory=dict)
    """The same, where it cannot change them."""
    waits: str | None = None
    """The container that has to be healthy first, beside those that the file names."""
    sessions: bool = True
    """Whether somebody may enter it, where the file allows that; it keeps more capabilities then."""
    restarts: bool = False
    """Whether it is started again when it stops, and the task goes on."""

    def definition(self, on: Foundation, log_group: logs.LogGroup) -> ecs.ContainerDefinition:
        """The container as ECS takes it; its log streams begin with its name.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
        """
        config, sessions = self.config, self.sessions and on.cluster.exec is not None
        return ecs.ContainerDefinition(
            **present(
                Name=self.name,
                Image=self.image,
                RepositoryCredentials=_credentials(self.credentials),
                EntryPoint=_words(config.entry_point),
                Command=_words(self.command or config.command),
                Essential=self.essential,
                Cpu=self.cpu,
                Memory=self.memory,
                User=self.user or config.user,
                ReadonlyRootFilesystem=config.read_only,
                LinuxParameters=_linux(config.scratch, sessions=sessions),
                MountPoints=[*_mounts({**config.volumes, **self.writes}), *_mounts(self.reads, read_only=True)] or None,
                RestartPolicy=_RESTARTS if self.restarts else None,
                Ulimits=[ecs.Ulimit(Name="nofile", SoftLimit=config.open_files, HardLimit=config.open_files)],
                DependsOn=_waits(config.needs | ({self.waits: "healthy"} if self.waits else {})),
                StartTimeout=config.start_timeout,
                StopTimeout=config.stop_timeout,
                PortMappings=list(self.ports) or None,
                Environment=[ecs.Environment(Name=name, Value=value) for name, value in self.variables.items()] or None,
                Secrets=_secrets(config, on),
                HealthCheck=self.health,
                LogConfiguration=log_configuration(log_group, self.name),
            )
        )


def health_check(check: ContainerCheck, command: Sequence[str]) -> ecs.HealthCheck | None:
    """Runs *command*, which begins with `CMD` or `CMD-SHELL`; nothing where there is none."""
    if not command:
        return None
    return ecs.HealthCheck(
        Command=list(command),
        Interval=check.interval,
        Timeout=check.timeout,
        Retries=check.retries,
        StartPeriod=check.start,
    )


def _credentials(secret: str | None) -> ecs.RepositoryCredentials | None:
    return ecs.RepositoryCredentials(CredentialsParameter=secret) if secret else None


def _words(command: Sequence[str] | None) -> list[str] | None:
    return None if command is None else list(command)


def _secrets(config: ContainerSettings, on: Foundation) -> list[ecs.Secret] | None:
    found = {name: _secret(part, on) for name, part in config.generated.items()}
    found |= {name: existing.source(each) for name, each in config.existing.items()}
    return [ecs.Secret(Name=name, ValueFrom=found[name]) for name in config.secrets] or None


def _secret(part: str, on: Foundation) -> Sub:
    """One JSON key of a secret, as `arn:json-key:version-stage:version-id`.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    name, key = split_reference(part)
    return Sub(f"{on.secret_arns[name]}:{key}::")


def _linux(scratch: Mapping[str, int], *, sessions: bool) -> ecs.LinuxParameters:
    """An init process that hands on SIGTERM, directories in memory that anybody may write to, and no capability.

    Sessions of execute-command need the capabilities of Docker.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tmpfs.html ,
    https://github.com/aws/containers-roadmap/issues/1360
    """
    return ecs.LinuxParameters(
        **present(
            InitProcessEnabled=True,
            Capabilities=None if sessions else ecs.KernelCapabilities(Drop=["ALL"]),
            Tmpfs=[ecs.Tmpfs(ContainerPath=path, Size=size) for path, size in scratch.items()] or None,
        )
    )


def _mounts(volumes: Mapping[str, str], *, read_only: bool = False) -> list[ecs.MountPoint]:
    return [ecs.MountPoint(SourceVolume=name, ContainerPath=path, ReadOnly=read_only) for name, path in volumes.items()]


def _waits(needs: Mapping[str, str]) -> list[ecs.ContainerDependency] | None:
    """Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html"""
    waits = [ecs.ContainerDependency(ContainerName=name, Condition=CONDITIONS[what]) for name, what in needs.items()]
    return waits or None
