"""The container of a service: what it runs, what it is told, what it may use, and when it counts as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import Sub, ecs, logs

from tapgen import placeholder
from tapgen.config.service import Service, split_reference
from tapgen.layers.registry import repository_name
from tapgen.layers.service.foundation import Foundation
from tapgen.mesh import plain
from tapgen.parts.log_groups import log_configuration
from tapgen.parts.present import present

NAME = "app"


@dataclass(frozen=True, kw_only=True)
class Container:
    """The only container of a task."""

    config: Service
    callees: Sequence[Service]
    on: Foundation
    log_group: logs.LogGroup
    part: plain.Part

    def definition(self) -> ecs.ContainerDefinition:
        """The container as ECS takes it.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
        """
        config = self.config
        secrets = [ecs.Secret(Name=name, ValueFrom=self._secret(key)) for name, key in config.secrets.items()]
        return ecs.ContainerDefinition(
            **present(
                Name=NAME,
                Image=self._image(),
                Command=None if config.image else placeholder.command(),
                Essential=True,
                User=config.user,
                ReadonlyRootFilesystem=config.read_only,
                LinuxParameters=_linux(sessions=self.on.cluster.exec is not None),
                Ulimits=[ecs.Ulimit(Name="nofile", SoftLimit=config.open_files, HardLimit=config.open_files)],
                StopTimeout=config.stop_timeout,
                PortMappings=list(self.part.port_mappings) or None,
                Environment=[ecs.Environment(Name=name, Value=value) for name, value in self._variables().items()],
                Secrets=secrets or None,
                HealthCheck=_health_check(config),
                LogConfiguration=log_configuration(self.log_group, NAME),
            )
        )

    def _image(self) -> Sub | str:
        if not self.config.image:
            return placeholder.IMAGE
        registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
        return Sub(f"{registry}/{repository_name(self.on.platform, self.config.name)}@{self.config.image}")

    def _variables(self) -> dict[str, str]:
        config = self.config
        variables = {"SERVICE_NAME": config.name, "ENVIRONMENT": self.on.environment}
        if config.port:
            variables["PORT"] = str(config.port)
        for callee in self.callees:
            variables |= plain.urls(callee)
        if not config.image:
            variables |= _placeholder_variables(config)
        return variables | config.env

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


def _placeholder_variables(config: Service) -> dict[str, str]:
    variables = {"HEALTH_PATH": config.health.path}
    if config.path and not config.strip_prefix:
        variables["PATH_PREFIX"] = config.path
    if config.ports:
        variables["PORTS"] = ",".join(str(port) for port in config.ports.values())
    return variables


def _health_check(config: Service) -> ecs.HealthCheck | None:
    check = config.health.container
    if not (command := _health_command(config)):
        return None
    return ecs.HealthCheck(
        Command=command, Interval=check.interval, Timeout=check.timeout, Retries=check.retries, StartPeriod=check.start
    )


def _health_command(config: Service) -> list[str]:
    """What tells ECS that the container works. A service without a port can only say so itself."""
    if config.health.container.command is not None:
        return ["CMD", *config.health.container.command] if config.health.container.command else []
    if not config.port:
        return []
    if not config.image:
        return placeholder.health_command(config.port, config.health.path)
    url = f"http://127.0.0.1:{config.port}{config.health.path}"
    return ["CMD-SHELL", f"wget -q -O /dev/null {url} || curl -fsS -o /dev/null {url} || exit 1"]
