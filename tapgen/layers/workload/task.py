"""What runs: a task definition with its containers, its logs and its two roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from troposphere import AWSHelperFn, Template, ecs, iam, logs

from tapgen.config.workload import APP, ContainerSettings, Workload, containers
from tapgen.layers.workload import access, references, roles, telemetry
from tapgen.layers.workload.container import Container, health_check
from tapgen.layers.workload.foundation import Foundation
from tapgen.mesh.addresses import Address
from tapgen.parts.context import why
from tapgen.parts.present import present


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task of a service or job: the container of the workload itself, and those beside it."""

    config: Workload
    called: Sequence[Address] = ()
    """Where it finds the services it calls."""
    on: Foundation
    log_group: logs.LogGroup
    placeholder: Sequence[str]
    """The command that runs as long as there is no image."""
    told: Mapping[str, AWSHelperFn | str]
    """Variables beside those that every container gets."""
    ports: Sequence[ecs.PortMapping] = ()
    health: ecs.HealthCheck | None = None
    """How ECS finds out that the workload's own container works; None where nobody asks."""
    beside: Sequence[Container] = ()
    """What tapgen lets run beside the containers of the file; those wait until the last is healthy."""
    brought: Sequence[str] = ()
    """What the images of these are called."""
    policies: Sequence[iam.Policy] = ()
    """What these may do."""
    proxy: ecs.ProxyConfiguration | None = None
    """What is sent through one of these unasked."""

    def define(self, template: Template) -> ecs.TaskDefinition:
        """Add the task definition, and the roles of its tasks."""
        execution_role = template.add_resource(roles.execution_role(self.config, self.on, self.log_group, self.brought))
        task_role = template.add_resource(roles.task_role(self.config, self.on, self.log_group, *self.policies))
        return template.add_resource(self._definition(execution_role, task_role))

    def _definition(self, execution_role: iam.Role, task_role: iam.Role) -> ecs.TaskDefinition:
        config = self.config
        reasons = self._reasons()
        shared = [container.volumes for _, container in containers(config)]
        beside = [{**each.writes, **each.reads} for each in self.beside]
        volumes = dict.fromkeys(name for each in (*shared, *beside) for name in each)
        return ecs.TaskDefinition(
            "TaskDefinition",
            **present(
                Metadata=why(" ".join(reasons)) if reasons else None,
                RequiresCompatibilities=["FARGATE"],
                NetworkMode="awsvpc",
                Cpu=str(config.cpu),
                Memory=str(config.memory),
                EphemeralStorage=ecs.EphemeralStorage(SizeInGiB=config.storage) if config.storage else None,
                RuntimePlatform=ecs.RuntimePlatform(
                    CpuArchitecture=config.architecture.upper(), OperatingSystemFamily="LINUX"
                ),
                ExecutionRoleArn=execution_role.get_att("Arn"),
                TaskRoleArn=task_role.get_att("Arn"),
                Volumes=[ecs.Volume(Name=name) for name in volumes] or None,
                ProxyConfiguration=self.proxy,
                ContainerDefinitions=[each.definition(self.on, self.log_group) for each in self._containers()],
            ),
        )

    def _containers(self) -> Iterator[Container]:
        config, known = self.config, references.known(self.called, self.on)
        yield Container(
            name=APP,
            config=config,
            image=self.on.images.of(config),
            credentials=self.on.images.credentials(config),
            command=None if config.has_image else self.placeholder,
            variables=self._told() | _filled(config, known),
            ports=self.ports,
            health=self.health,
            waits=self._waits,
        )
        for name, sidecar in config.sidecars.items():
            command = sidecar.health.command
            yield Container(
                name=name,
                config=sidecar,
                image=self.on.images.of_sidecar(config, name),
                variables=_filled(sidecar, known),
                health=health_check(sidecar.health, ["CMD", *command] if command else []),
                essential=sidecar.essential,
                waits=self._waits,
                cpu=sidecar.cpu,
                memory=sidecar.memory,
            )
        if config.telemetry:
            yield telemetry.collector(self.on, self.log_group)
        yield from self.beside

    @property
    def _waits(self) -> str | None:
        """What the containers of the file wait for: they may call as soon as they run."""
        return self.beside[-1].name if self.beside else None

    def _told(self) -> dict[str, AWSHelperFn | str]:
        told: dict[str, AWSHelperFn | str] = {"SERVICE_NAME": self.config.name, "ENVIRONMENT": self.on.environment}
        told |= self.told
        told |= access.variables(self.config, self.on.data, self.on.databases)
        for address in self.called:
            told |= address.urls
        return told | (telemetry.variables(self.config.name) if self.config.telemetry else {})

    def _reasons(self) -> list[str]:
        reasons = []
        if not self.config.has_image:
            reasons.append("Runs the placeholder until tapgen.images.yaml names an image.")
        if self.on.cluster.exec:
            reasons.append("Keeps the container's usual capabilities, which sessions of execute-command need.")
        return reasons


def _filled(container: ContainerSettings, known: references.Known) -> dict[str, AWSHelperFn | str]:
    return {name: references.filled(text, known) for name, text in container.env.items()}
