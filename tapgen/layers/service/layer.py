"""Service: its roles, logs, tasks, the way traffic reaches it, and how it scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import Template, ecs, iam

from tapgen.config.service import Service as ServiceConfig
from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.service import alarms, roles, routing, scaling
from tapgen.layers.service.container import NAME, Container
from tapgen.layers.service.foundation import Foundation
from tapgen.mesh import plain
from tapgen.parts.context import arch, why
from tapgen.parts.log_groups import log_configuration
from tapgen.parts.present import present

REASON = "No DesiredCount: scaling owns the number of tasks, and an update of this stack leaves it alone."


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of one environment."""

    config: ServiceConfig
    callees: Sequence[ServiceConfig]
    """The services it calls."""
    later: Sequence[str]
    """Those of them whose stacks are made after this one, because the calls form a circle."""
    group_id: SecurityGroupId
    on: Foundation

    def build(self, template: Template) -> None:
        name = self.config.name
        template.set_description(
            f"Service {name}: its roles, logs, tasks, the way traffic reaches it, and how it scales."
        )
        arch(template, self._shape())
        on = self.on
        group = template.add_resource(on.log_groups.group("LogGroup"))
        execution_role = template.add_resource(roles.execution_role(self.config, on, group))
        task_role = template.add_resource(roles.task_role(on))
        part = plain.join(self.config, on.mesh, on.cluster.namespace_arn, log_configuration(group, "proxy"))
        container = Container(config=self.config, callees=self.callees, on=on, log_group=group, part=part)
        task = template.add_resource(self._task(container, execution_role, task_role))
        route = None
        if on.ingress and self.config.path:
            route = routing.route(template, self.config, on.network.vpc_id, on.ingress)
        service = template.add_resource(self._service(task, part, route))
        scaling.scale(template, self.config, on.cluster.name, service)
        watched = alarms.Watched(on.cluster.name, Text(service.get_att("Name")), route)
        for alarm in alarms.watch(self.config, watched, on.alarms):
            template.add_resource(alarm)

    def _shape(self) -> str:
        reached = "other services" if self.config.port else "nobody"
        if self.config.path:
            reached = f"internet -> {self.config.path}"
        return f"Reached by: {reached}. Calls: {', '.join(self.config.calls) or 'nobody'}."

    def _task(self, container: Container, execution_role: iam.Role, task_role: iam.Role) -> ecs.TaskDefinition:
        config = self.config
        reasons = []
        if not config.image:
            reasons.append("Runs the placeholder until tapgen.images.yaml names an image.")
        if self.on.cluster.exec:
            reasons.append("Keeps the container's usual capabilities, which sessions of execute-command need.")
        return ecs.TaskDefinition(
            "TaskDefinition",
            **present(Metadata=why(" ".join(reasons)) if reasons else None),
            RequiresCompatibilities=["FARGATE"],
            NetworkMode="awsvpc",
            Cpu=str(config.cpu),
            Memory=str(config.memory),
            RuntimePlatform=ecs.RuntimePlatform(
                CpuArchitecture=config.architecture.upper(), OperatingSystemFamily="LINUX"
            ),
            ExecutionRoleArn=execution_role.get_att("Arn"),
            TaskRoleArn=task_role.get_att("Arn"),
            ContainerDefinitions=[container.definition()],
        )

    def _service(self, task: ecs.TaskDefinition, part: plain.Part, route: routing.Route | None) -> ecs.Service:
        return ecs.Service(
            "Service",
            **present(
                # Tasks register with a target group only once a rule has tied it to the load balancer.
                DependsOn=route.rule.title if route else None,
                Metadata=why(REASON, *self._musts()),
                Cluster=self.on.cluster.name,
                TaskDefinition=task.ref(),
                PlatformVersion="LATEST",
                CapacityProviderStrategy=scaling.capacity(self.config),
                AvailabilityZoneRebalancing="ENABLED",
                DeploymentController=ecs.DeploymentController(Type="ECS"),
                DeploymentConfiguration=self._deployment(),
                LoadBalancers=[self._behind(route)] if route else None,
                HealthCheckGracePeriodSeconds=self.config.health.grace if route else None,
                NetworkConfiguration=ecs.NetworkConfiguration(
                    AwsvpcConfiguration=ecs.AwsvpcConfiguration(
                        AssignPublicIp="DISABLED",
                        Subnets=self.on.network.private_subnet_ids,
                        SecurityGroups=[self.group_id],
                    )
                ),
                ServiceConnectConfiguration=part.service_connect,
                EnableExecuteCommand=self.on.cluster.exec is not None,
                EnableECSManagedTags=True,
                PropagateTags="SERVICE",
            ),
        )

    def _behind(self, route: routing.Route) -> ecs.LoadBalancer:
        return ecs.LoadBalancer(
            ContainerName=NAME, ContainerPort=self.config.port, TargetGroupArn=route.target_group.ref()
        )

    def _deployment(self) -> ecs.DeploymentConfiguration:
        """Never below the full number of tasks; a version that does not start is taken back.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
        """
        return ecs.DeploymentConfiguration(
            Strategy={"rolling": "ROLLING"}[self.on.deployment.strategy],
            MinimumHealthyPercent=100,
            MaximumPercent=self.on.deployment.max_percent,
            DeploymentCircuitBreaker=ecs.DeploymentCircuitBreaker(Enable=True, Rollback=True),
        )

    def _musts(self) -> list[str]:
        if not self.later:
            return []
        names = ", ".join(self.later)
        return [
            f"Calls in a circle: after the first creation it needs one more deployment to find {names}, made later."
        ]
