"""The task definition: one container, what it runs, what it may use, and when it counts as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troposphere import Ref, Sub, ecs, iam, logs

from tapgen import placeholder
from tapgen.config.service import Service as ServiceConfig
from tapgen.config.service import url_variable
from tapgen.mesh import plain
from tapgen.parts.context import why
from tapgen.parts.present import present

if TYPE_CHECKING:
    from tapgen.layers.service.layer import Service

CONTAINER = "app"


def task_definition(
    service: Service, group: logs.LogGroup, execution_role: iam.Role, task_role: iam.Role, part: plain.Part
) -> ecs.TaskDefinition:
    """One task of *service*.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
    """
    config = service.config
    metadata = None if config.image else why("Runs the placeholder until tapgen.images.yaml names an image.")
    return ecs.TaskDefinition(
        "TaskDefinition",
        **present(Metadata=metadata),
        RequiresCompatibilities=["FARGATE"],
        NetworkMode="awsvpc",
        Cpu=str(config.cpu),
        Memory=str(config.memory),
        RuntimePlatform=ecs.RuntimePlatform(CpuArchitecture=config.architecture.upper(), OperatingSystemFamily="LINUX"),
        ExecutionRoleArn=execution_role.get_att("Arn"),
        TaskRoleArn=task_role.get_att("Arn"),
        ContainerDefinitions=[_container(service, group, part)],
    )


def log_configuration(group: logs.LogGroup, stream: str) -> ecs.LogConfiguration:
    """Containers never wait for CloudWatch; what does not fit into the buffer is lost.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    """
    return ecs.LogConfiguration(
        LogDriver="awslogs",
        Options={
            "awslogs-group": group.ref(),
            "awslogs-region": Ref("AWS::Region"),
            "awslogs-stream-prefix": stream,
            "mode": "non-blocking",
            "max-buffer-size": "25m",
        },
    )


def _container(service: Service, group: logs.LogGroup, part: plain.Part) -> ecs.ContainerDefinition:
    config = service.config
    return ecs.ContainerDefinition(
        **present(
            Name=CONTAINER,
            Image=_image(service.on.platform, config),
            Command=None if config.image else placeholder.command(),
            Essential=True,
            User=config.user,
            ReadonlyRootFilesystem=config.read_only,
            LinuxParameters=_linux(sessions=service.on.cluster.exec is not None),
            Ulimits=[ecs.Ulimit(Name="nofile", SoftLimit=config.open_files, HardLimit=config.open_files)],
            StopTimeout=config.stop_timeout,
            PortMappings=list(part.port_mappings) or None,
            Environment=[ecs.Environment(Name=name, Value=value) for name, value in _variables(service).items()],
            Secrets=[ecs.Secret(Name=name, ValueFrom=_secret(service, key)) for name, key in config.secrets.items()]
            or None,
            HealthCheck=_health_check(config),
            LogConfiguration=log_configuration(group, "app"),
        )
    )


def _linux(*, sessions: bool) -> ecs.LinuxParameters:
    """An init process that hands on SIGTERM, and no capability; sessions of execute-command need those of Docker.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html ,
    https://github.com/aws/containers-roadmap/issues/1360
    """
    none = None if sessions else ecs.KernelCapabilities(Drop=["ALL"])
    return ecs.LinuxParameters(**present(InitProcessEnabled=True, Capabilities=none))


def _image(platform: str, config: ServiceConfig) -> Sub | str:
    if not config.image:
        return placeholder.IMAGE
    registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
    return Sub(f"{registry}/{platform}/{config.name}@{config.image}")


def _secret(service: Service, part: str) -> Sub:
    """One JSON key of a secret, as `arn:json-key:version-stage:version-id`.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    name, _, key = part.partition(".")
    if not service.on.credentials:
        raise ValueError(f"{service.config.name} wants {part}, and the platform generates no secret")
    return Sub(f"{service.on.credentials.arns[name]}:{key}::")


def _variables(service: Service) -> dict[str, str]:
    config = service.config
    variables = {"SERVICE_NAME": config.name, "ENVIRONMENT": service.on.environment}
    if config.port:
        variables["PORT"] = str(config.port)
    variables |= {url_variable(callee.name): plain.url(callee) for callee in service.callees}
    if not config.image:
        variables |= _placeholder_variables(config)
    return variables | config.env


def _placeholder_variables(config: ServiceConfig) -> dict[str, str]:
    variables = {"HEALTH_PATH": config.health.path}
    if config.path and not config.strip_prefix:
        variables["PATH_PREFIX"] = config.path
    if config.ports:
        variables["PORTS"] = ",".join(str(port) for port in config.ports.values())
    return variables


def _health_check(config: ServiceConfig) -> ecs.HealthCheck | None:
    check = config.health.container
    if not (command := _health_command(config)):
        return None
    return ecs.HealthCheck(
        Command=command, Interval=check.interval, Timeout=check.timeout, Retries=check.retries, StartPeriod=check.start
    )


def _health_command(config: ServiceConfig) -> list[str]:
    """What tells ECS that the container works. A service without a port can only say so itself."""
    if config.health.container.command is not None:
        return ["CMD", *config.health.container.command] if config.health.container.command else []
    if not config.port:
        return []
    if not config.image:
        return placeholder.health_command(config.port, config.health.path)
    url = f"http://127.0.0.1:{config.port}{config.health.path}"
    return ["CMD-SHELL", f"wget -q -O /dev/null {url} || curl -fsS -o /dev/null {url} || exit 1"]
