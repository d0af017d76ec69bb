"""Cluster: where tasks run, how services find each other, and the record of who entered a container."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Template, ecs, logs, servicediscovery

from tapgen.config import model
from tapgen.kinds import Text
from tapgen.parts.arns import here
from tapgen.parts.context import arch, why
from tapgen.parts.log_groups import LogGroups


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The ECS cluster with Fargate and Fargate Spot, and the namespace of Service Connect."""

    config: model.Cluster
    stack_name: Text
    log_groups: LogGroups
    exec_key_arn: Text | None

    @dataclass(frozen=True)
    class Exec:
        """What a task needs for a session that is recorded."""

        key_arn: Text
        log_group_arn: Text

    @dataclass(frozen=True)
    class Outputs:
        name: Text
        namespace_arn: Text
        exec: Cluster.Exec | None

    def build(self, template: Template) -> Outputs:
        if given := self.config.existing:
            return self.Outputs(Text(given.name), Text(here(given.namespace)), exec=None)
        template.set_description("Cluster: where tasks run, how services find each other, and who entered a container.")
        arch(template, "ECS cluster on Fargate and Fargate Spot; Service Connect names in one namespace.")
        namespace = template.add_resource(
            servicediscovery.HttpNamespace(
                "Namespace",
                Metadata=why(
                    "Names of services. ECS fills it; nothing here is visible in DNS.", mutable="must-never-change"
                ),
                Name=self.stack_name,
                Description="Service Connect",
            )
        )
        group = template.add_resource(self.log_groups.group("ExecLogGroup")) if self.exec_key_arn else None
        cluster = template.add_resource(self._cluster(namespace, group))
        template.add_resource(
            ecs.ClusterCapacityProviderAssociations(
                "CapacityProviders",
                Metadata=why(
                    "Services say their own mix; whatever does not say one gets Fargate, never Spot by accident."
                ),
                Cluster=cluster.ref(),
                CapacityProviders=["FARGATE", "FARGATE_SPOT"],
                DefaultCapacityProviderStrategy=[ecs.CapacityProviderStrategy(CapacityProvider="FARGATE", Weight=1)],
            )
        )
        return self.Outputs(
            name=Text(cluster.ref()),
            namespace_arn=Text(namespace.get_att("Arn")),
            exec=self.Exec(self.exec_key_arn, Text(group.get_att("Arn"))) if self.exec_key_arn and group else None,
        )

    def _cluster(self, namespace: servicediscovery.HttpNamespace, group: logs.LogGroup | None) -> ecs.Cluster:
        cluster = ecs.Cluster(
            "Cluster",
            ClusterSettings=[ecs.ClusterSetting(Name="containerInsights", Value=self.config.insights)],
            ServiceConnectDefaults=ecs.ServiceConnectDefaults(Namespace=namespace.get_att("Arn")),
        )
        if group:
            cluster.Configuration = ecs.ClusterConfiguration(
                ExecuteCommandConfiguration=ecs.ExecuteCommandConfiguration(
                    KmsKeyId=self.exec_key_arn,
                    Logging="OVERRIDE",
                    LogConfiguration=ecs.ExecuteCommandLogConfiguration(
                        CloudWatchLogGroupName=group.ref(), CloudWatchEncryptionEnabled=True
                    ),
                )
            )
        return cluster
