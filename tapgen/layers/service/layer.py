"""Service: its roles, logs, tasks, the way traffic reaches it, and how it scales."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Template, ecs

from tapgen.config.model import Deployment, Mesh
from tapgen.config.service import Service as ServiceConfig
from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.cluster import Cluster
from tapgen.layers.context import arch, why
from tapgen.layers.ingress import Ingress
from tapgen.layers.log_groups import LogGroups
from tapgen.layers.network import Network
from tapgen.layers.roles import Roles
from tapgen.layers.service import alarms, roles, routing, scaling, task
from tapgen.layers.service.task import Secret
from tapgen.mesh import plain


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of one environment."""

    config: ServiceConfig
    platform: str
    environment: str
    calls: dict[str, str]
    """The services it calls, and where it finds each."""
    later: tuple[str, ...]
    """Those of them whose stacks are made after this one, because the calls form a circle."""
    deployment: Deployment
    mesh: Mesh
    roles: Roles
    log_groups: LogGroups
    secrets: dict[str, Secret]
    """What each variable that holds a secret gets."""
    secrets_key_arn: Text | None
    topic_arn: Text
    network: Network.Outputs
    group_id: SecurityGroupId
    cluster: Cluster.Outputs
    ingress: Ingress.Outputs | None
    """None where the platform has no load balancer."""

    @dataclass(frozen=True)
    class Outputs:
        name: Text
        log_group_name: Text

    def build(self, template: Template) -> Outputs:
        name = self.config.name
        template.set_description(f"Service {name}: its roles, logs, tasks, the way traffic reaches it, and how it scales.")
        arch(template, self._shape())
        group = template.add_resource(self.log_groups.group("LogGroup"))
        execution_role = template.add_resource(roles.execution_role(self, group))
        task_role = template.add_resource(roles.task_role(self))
        part = plain.join(self.config, self.mesh, self.cluster.namespace_arn, task.log_configuration(group, "proxy"))
        definition = template.add_resource(task.task_definition(self, group, execution_role, task_role, part))
        route = routing.route(template, self.config, self.network.vpc_id, self.ingress) if self.ingress and self.config.path else None
        service = template.add_resource(self._service(definition, part, route))
        scaling.scale(template, self.config, self.cluster.name, service)
        alarms.watch(template, self.config, alarms.Watched(self.cluster.name, Text(service.get_att("Name")), route), self.topic_arn)
        return self.Outputs(name=Text(service.get_att("Name")), log_group_name=Text(group.ref()))

    def _shape(self) -> str:
        reached = f"internet -> {self.config.path}" if self.config.path else "other services" if self.config.port else "nobody"
        return f"Reached by: {reached}. Calls: {', '.join(self.config.calls) or 'nobody'}."

    def _service(
        self, definition: ecs.TaskDefinition, part: plain.Part, route: routing.Route | None
    ) -> ecs.Service:
        service = ecs.Service(
            "Service",
            Metadata=why(self._reason(), *self._musts()),
            Cluster=self.cluster.name,
            TaskDefinition=definition.ref(),
            PlatformVersion="LATEST",
            CapacityProviderStrategy=scaling.capacity(self.config),
            AvailabilityZoneRebalancing="ENABLED",
            DeploymentController=ecs.DeploymentController(Type="ECS"),
            DeploymentConfiguration=self._deployment(),
            EnableExecuteCommand=self.cluster.exec is not None,
            EnableECSManagedTags=True,
            PropagateTags="SERVICE",
            NetworkConfiguration=ecs.NetworkConfiguration(
                AwsvpcConfiguration=ecs.AwsvpcConfiguration(
                    AssignPublicIp="DISABLED", Subnets=self.network.private_subnet_ids, SecurityGroups=[self.group_id]
                )
            ),
        )
        if part.service_connect:
            service.ServiceConnectConfiguration = part.service_connect
        if route:
            # Tasks register with a target group only once a rule has tied it to the load balancer.
            service.DependsOn = route.rule.title
            service.HealthCheckGracePeriodSeconds = self.config.health.grace
            service.LoadBalancers = [
                ecs.LoadBalancer(
                    ContainerName=task.CONTAINER, ContainerPort=self.config.port, TargetGroupArn=route.target_group.ref()
                )
            ]
        return service

    def _deployment(self) -> ecs.DeploymentConfiguration:
        """Never below the full number of tasks; a version that does not start is taken back.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
        """
        return ecs.DeploymentConfiguration(
            Strategy={"rolling": "ROLLING"}[self.deployment.strategy],
            MinimumHealthyPercent=100,
            MaximumPercent=self.deployment.max_percent,
            DeploymentCircuitBreaker=ecs.DeploymentCircuitBreaker(Enable=True, Rollback=True),
        )

    def _reason(self) -> str:
        return "No DesiredCount: scaling owns the number of tasks, and an update of this stack leaves it alone."

    def _musts(self) -> list[str]:
        if not self.later:
            return []
        names = ", ".join(self.later)
        return [f"After the first creation it needs one more deployment to find {names}, which is made later: the calls form a circle."]
