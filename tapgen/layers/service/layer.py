"""Service: its roles, logs, tasks, the way traffic reaches it, and how it scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import Template, ecs

from tapgen.config.model import Deployment, Mesh
from tapgen.config.service import Service as ServiceConfig
from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.cluster import Cluster
from tapgen.layers.credentials import Credentials
from tapgen.layers.ingress import Ingress
from tapgen.layers.network import Network
from tapgen.layers.service import alarms, roles, routing, scaling, task
from tapgen.mesh import plain
from tapgen.parts.alarms import Alarms
from tapgen.parts.context import arch, why
from tapgen.parts.log_groups import LogGroups
from tapgen.parts.present import present
from tapgen.parts.roles import Roles

REASON = "No DesiredCount: scaling owns the number of tasks, and an update of this stack leaves it alone."


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What all services of an environment stand on."""

    platform: str
    environment: str
    deployment: Deployment
    mesh: Mesh
    roles: Roles
    log_groups: LogGroups
    alarms: Alarms
    network: Network.Outputs
    credentials: Credentials.Outputs | None
    """None where the platform generates no secret."""
    cluster: Cluster.Outputs
    ingress: Ingress.Outputs | None
    """None where no service is reached from the internet."""


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

    @dataclass(frozen=True)
    class Outputs:
        name: Text
        log_group_name: Text

    def build(self, template: Template) -> Outputs:
        name = self.config.name
        template.set_description(
            f"Service {name}: its roles, logs, tasks, the way traffic reaches it, and how it scales."
        )
        arch(template, self._shape())
        group = template.add_resource(self.on.log_groups.group("LogGroup"))
        execution_role = template.add_resource(roles.execution_role(self, group))
        task_role = template.add_resource(roles.task_role(self))
        part = plain.join(
            self.config, self.on.mesh, self.on.cluster.namespace_arn, task.log_configuration(group, "proxy")
        )
        definition = template.add_resource(task.task_definition(self, group, execution_role, task_role, part))
        route = (
            routing.route(template, self.config, self.on.network.vpc_id, self.on.ingress)
            if self.on.ingress and self.config.path
            else None
        )
        service = template.add_resource(self._service(definition, part, route))
        scaling.scale(template, self.config, self.on.cluster.name, service)
        watched = alarms.Watched(self.on.cluster.name, Text(service.get_att("Name")), route)
        for alarm in alarms.watch(self.config, watched, self.on.alarms):
            template.add_resource(alarm)
        return self.Outputs(name=Text(service.get_att("Name")), log_group_name=Text(group.ref()))

    def _shape(self) -> str:
        reached = (
            f"internet -> {self.config.path}"
            if self.config.path
            else "other services"
            if self.config.port
            else "nobody"
        )
        return f"Reached by: {reached}. Calls: {', '.join(self.config.calls) or 'nobody'}."

    def _service(self, definition: ecs.TaskDefinition, part: plain.Part, route: routing.Route | None) -> ecs.Service:
        return ecs.Service(
            "Service",
            **present(
                # Tasks register with a target group only once a rule has tied it to the load balancer.
                DependsOn=route.rule.title if route else None,
                Metadata=why(REASON, *self._musts()),
                Cluster=self.on.cluster.name,
                TaskDefinition=definition.ref(),
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
            ContainerName=task.CONTAINER, ContainerPort=self.config.port, TargetGroupArn=route.target_group.ref()
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
