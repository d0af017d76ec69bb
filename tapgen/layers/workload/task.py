"""What runs: a task definition, with its logs and its two roles."""

from __future__ import annotations

from troposphere import Template, ecs, iam

from tapgen.config.workload import Workload
from tapgen.layers.workload import roles
from tapgen.layers.workload.container import Container
from tapgen.layers.workload.foundation import Foundation
from tapgen.parts.context import why
from tapgen.parts.present import present


def define(template: Template, container: Container) -> ecs.TaskDefinition:
    """Add the task definition around *container*, and the roles of its tasks."""
    config, on = container.config, container.on
    execution_role = template.add_resource(roles.execution_role(config, on, container.log_group))
    task_role = template.add_resource(roles.task_role(config, on))
    return template.add_resource(_definition(container, execution_role, task_role))


def _definition(container: Container, execution_role: iam.Role, task_role: iam.Role) -> ecs.TaskDefinition:
    config = container.config
    reasons = _reasons(config, container.on)
    return ecs.TaskDefinition(
        "TaskDefinition",
        **present(Metadata=why(" ".join(reasons)) if reasons else None),
        RequiresCompatibilities=["FARGATE"],
        NetworkMode="awsvpc",
        Cpu=str(config.cpu),
        Memory=str(config.memory),
        RuntimePlatform=ecs.RuntimePlatform(CpuArchitecture=config.architecture.upper(), OperatingSystemFamily="LINUX"),
        ExecutionRoleArn=execution_role.get_att("Arn"),
        TaskRoleArn=task_role.get_att("Arn"),
        ContainerDefinitions=[container.definition()],
    )


def _reasons(config: Workload, on: Foundation) -> list[str]:
    reasons = []
    if not config.has_image:
        reasons.append("Runs the placeholder until tapgen.images.yaml names an image.")
    if on.cluster.exec:
        reasons.append("Keeps the container's usual capabilities, which sessions of execute-command need.")
    return reasons
