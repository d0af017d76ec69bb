"""Service: its roles, logs, tasks, the way traffic reaches it, and how it scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import AWSHelperFn, Template, cloudwatch, ecs

from tapgen import placeholder
from tapgen.config.image_names import CONTAINERS, ENVOY
from tapgen.config.listener import matches
from tapgen.config.mesh import GATEWAY
from tapgen.config.service import Service as ServiceConfig
from tapgen.config.workload import APP
from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.data import Queue
from tapgen.layers.migrations import Migration, Migrations
from tapgen.layers.service import alarms, app_mesh, migration, mutual, routing, scaling
from tapgen.layers.service.colours import Balanced, colours
from tapgen.layers.service.health import check
from tapgen.layers.service.part import Part
from tapgen.layers.service.rollout import rollout, test_hook
from tapgen.layers.workload.foundation import Foundation
from tapgen.layers.workload.task import Task
from tapgen.mesh import service_connect
from tapgen.mesh.addresses import addresses
from tapgen.parts.context import arch, why
from tapgen.parts.log_groups import log_configuration
from tapgen.parts.present import present

REASON = "No DesiredCount: scaling owns the number of tasks, and an update of this stack leaves it alone."


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of one environment."""

    config: ServiceConfig
    later: Sequence[str]
    """Those whom it calls and whose stacks are made after this one, because the calls form a circle."""
    group_id: SecurityGroupId
    rotates: bool
    """Whether a secret of its rotates, so that somebody redeploys it."""
    live: Text | None
    """Which colour has the requests as far as CloudFormation knows; None where there are no two."""
    migration: Migration | None
    """The job that runs before its tasks start."""
    migrations: Migrations.Outputs
    on: Foundation

    @dataclass(frozen=True)
    class Outputs:
        arn: Text | None

    def build(self, template: Template) -> Outputs:
        name = self.config.name
        template.set_description(
            f"Service {name}: its roles, logs, tasks, the way traffic reaches it, and how it scales."
        )
        arch(template, self._shape())
        on = self.on
        group = template.add_resource(on.log_groups.group("LogGroup", self.config.log_days))
        joining = service_connect.Joining(self.config, on.mesh, on.doors, on.authority)
        part = self._part(template, joining)
        task = Task(
            config=self.config,
            called=addresses(self.config, on.doors),
            on=on,
            log_group=group,
            ports=part.ports,
            placeholder=placeholder.command(self.config.protocol),
            told=self._told() | dict(part.told),
            health=check(self.config),
            beside=part.containers,
            brought=on.brought[name],
            policies=part.policies,
            proxy=part.proxy,
        )
        balanced = self._balanced(template)
        route = balanced.route if balanced else None
        asked = list(alarms.of_requests(self.config, route, on.alarms)) if route else []
        connect = joining.configuration(on.cluster.namespace_arn, log_configuration(group, "proxy"))
        if self.migration and self.migrations.function_arn:
            template.add_resource(migration.migration(self.migration, self.migrations.function_arn, on))
        service = template.add_resource(self._service(task.define(template), connect, part.registries, balanced, asked))
        scaling.Scaling(
            config=self.config, cluster=on.cluster.name, service=service, route=route, queue=self._queue()
        ).add(template)
        watched = alarms.Watched(on.cluster.name, Text(service.get_att("Name")))
        for resource in (*alarms.of_tasks(self.config, watched, on.alarms), *asked, *part.watch(service)):
            template.add_resource(resource)
        return self.Outputs(arn=Text(service.ref()) if self.rotates else None)

    def _part(self, template: Template, joining: service_connect.Joining) -> Part:
        """Its part in the mesh, beside Service Connect."""
        on, config = self.on, self.config
        if not on.authority or not on.doors.certified or not on.doors.joins(config):
            return Part(ports=joining.port_mappings())
        if not on.app_mesh:
            return mutual.join(template, config, on, on.authority, joining.port_mappings())
        arn = on.app_mesh.envoys[config.name]
        if config.name == GATEWAY:
            return app_mesh.gateway(template, config, on, on.authority, arn)
        return app_mesh.node(template, config, on, on.authority, arn, on.app_mesh.registries.get(config.name))

    def _shape(self) -> str:
        reached = "other services" if self.config.port else "nobody"
        if self.config.paths:
            reached = f"internet -> {', '.join(map(str, matches(self.config)))}"
        return f"Reached by: {reached}. Calls: {', '.join(self.config.calls) or 'nobody'}."

    def _told(self) -> dict[str, AWSHelperFn | str]:
        config = self.config
        told: dict[str, AWSHelperFn | str] = {"PORT": str(config.port)} if config.port else {}
        if not config.has_image:
            told["HEALTH_PATH"] = config.health_path
            if config.protocol != "http":
                told["PROTOCOL"] = config.protocol
            if config.path and not config.strip_prefix:
                told["PATH_PREFIXES"] = ",".join(config.path)
            asked = {config.health.port} - {None, config.port, *config.ports.values()}
            if more := [*config.ports.values(), *asked]:
                told["PORTS"] = ",".join(map(str, more))
        return told

    def _queue(self) -> Queue | None:
        wanted = self.config.scaling.queue
        return self.on.data.queues[wanted.name] if wanted and self.on.data else None

    def _balanced(self, template: Template) -> Balanced | None:
        """How the load balancer finds its tasks, if it does."""
        on = self.on
        if not on.ingress or not self.config.paths:
            return None
        if self.live:
            return colours(template, self.config, self.live, on.ingress, on)
        return Balanced(routing.route(template, self.config, on.network.vpc_id, on.ingress, on.doors))

    def _service(
        self,
        task: ecs.TaskDefinition,
        connect: ecs.ServiceConnectConfiguration | None,
        registries: Sequence[ecs.ServiceRegistry],
        balanced: Balanced | None,
        asked: Sequence[cloudwatch.Alarm],
    ) -> ecs.Service:
        return ecs.Service(
            "Service",
            **present(
                DependsOn=self._first(balanced) or None,
                Metadata=why(REASON, *self._musts()),
                Cluster=self.on.cluster.name,
                TaskDefinition=task.ref(),
                PlatformVersion="LATEST",
                CapacityProviderStrategy=scaling.capacity(self.config),
                AvailabilityZoneRebalancing="ENABLED",
                DeploymentController=ecs.DeploymentController(Type="ECS"),
                DeploymentConfiguration=rollout(self.config.deployment, asked, self._hooks()),
                LoadBalancers=[self._behind(balanced)] if balanced else None,
                HealthCheckGracePeriodSeconds=self.config.health.grace if balanced else None,
                NetworkConfiguration=ecs.NetworkConfiguration(
                    AwsvpcConfiguration=ecs.AwsvpcConfiguration(
                        AssignPublicIp="DISABLED",
                        Subnets=self.on.network.private_subnet_ids,
                        SecurityGroups=[self.group_id],
                    )
                ),
                ServiceConnectConfiguration=connect,
                ServiceRegistries=list(registries) or None,
                EnableExecuteCommand=self.on.cluster.exec is not None,
                EnableECSManagedTags=True,
                PropagateTags="SERVICE",
            ),
        )

    def _first(self, balanced: Balanced | None) -> list[str]:
        """What no property leads to: a target group takes tasks once a rule has tied it to the load balancer."""
        migrated = [migration.TITLE] if self.migration else []
        rules = balanced.route.rules if balanced and not balanced.moved else ()
        return [*migrated, *(str(rule.title) for rule in rules)]

    def _hooks(self) -> list[ecs.DeploymentLifecycleHook]:
        door, hook = self.on.ingress and self.on.ingress.test, self.on.test_hook
        if not (self.on.ingress and door and hook and self.config.two_groups and self.config.deployment.test.enabled):
            return []
        return [test_hook(self.config, door, self.on.ingress.load_balancer_name, hook)]

    def _behind(self, balanced: Balanced) -> ecs.LoadBalancer:
        return ecs.LoadBalancer(
            **present(
                ContainerName=CONTAINERS[ENVOY] if self.on.doors.mode == "mutual" else APP,
                ContainerPort=self.on.doors.balanced(self.config)[""],
                TargetGroupArn=balanced.route.groups[0].ref(),
                AdvancedConfiguration=balanced.moved,
            )
        )

    def _musts(self) -> list[str]:
        if not self.later:
            return []
        names = ", ".join(self.later)
        return [
            f"Calls in a circle: after the first creation it needs one more deployment to find {names}, made later."
        ]
