"""What App Mesh adds to a service: its Envoy, what is sent through it, and new tasks before certificates expire."""

from __future__ import annotations

from awacs import appmesh as actions
from awacs import ecs as ecs_actions
from troposphere import AWSObject, Sub, Template, ecs, iam, scheduler

from tapgen.config.image_names import AGENT, CONTAINERS, ENVOY
from tapgen.config.mesh import APP_MESH_ADMIN, APP_MESH_IN, APP_MESH_OUT
from tapgen.config.service import Service
from tapgen.config.workload import ContainerCheck, ContainerSettings
from tapgen.kinds import Text
from tapgen.layers.service.identity import RENEWED, VOLUME, Identity
from tapgen.layers.service.part import Part
from tapgen.layers.workload.container import Container, health_check
from tapgen.layers.workload.foundation import Foundation
from tapgen.mesh import app_mesh
from tapgen.mesh.mutual.envoy import CERTIFICATES
from tapgen.mesh.service_connect import Authority
from tapgen.parts.context import why
from tapgen.parts.policies import allow, document, trust

RESOURCE = "APPMESH_RESOURCE_ARN"
"""How Envoy learns what it stands for: https://docs.aws.amazon.com/app-mesh/latest/userguide/envoy-config.html"""

METADATA = ("169.254.170.2", "169.254.169.254")
"""Where tasks get their credentials, and ask who they are."""

NO_PORT = "1"
"""The list of ports must name one; nobody listens there."""


FOR_LIFE = 1
"""Envoy reads its certificate once. So the agent gets one for the life of the task, the age of the files is that of the
certificate in use, and tasks are replaced in time.

Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/tls.html
"""


def node(
    template: Template, config: Service, on: Foundation, authority: Authority, arn: Text, registry_arn: Text | None
) -> Part:
    """The part of a service that App Mesh knows as the virtual node *arn*, and others find in Cloud Map, if any look.

    The agent comes first, since Envoy waits for a certificate; the service waits for Envoy.

    Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/getting-started-ecs.html
    """
    identity = Identity(config, on, authority, APP_MESH_ADMIN, FOR_LIFE)
    signer = identity.signer(template)
    return Part(
        ports=[ecs.PortMapping(ContainerPort=config.port, Protocol="tcp")] if config.port else [],
        containers=[identity.agent(signer), _envoy(arn)],
        policies=[identity.policy(signer), _learn(arn)],
        proxy=_proxy(config, on),
        registries=[ecs.ServiceRegistry(RegistryArn=registry_arn)] if registry_arn else [],
        watch=lambda service: _watch(identity, service),
    )


def gateway(template: Template, config: Service, on: Foundation, authority: Authority, arn: Text) -> Part:
    """The way in from the internet: an Envoy, and nothing behind it in its task.

    Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/virtual_gateways.html
    """
    identity = Identity(config, on, authority, APP_MESH_ADMIN, FOR_LIFE)
    signer = identity.signer(template)
    return Part(
        ports=[ecs.PortMapping(ContainerPort=config.port, Protocol="tcp")],
        told={RESOURCE: arn},
        containers=[identity.agent(signer)],
        policies=[identity.policy(signer), _learn(arn)],
        watch=lambda service: _watch(identity, service),
    )


def _learn(arn: Text) -> iam.Policy:
    """Envoy learns what its own place in the mesh is, and nobody else's.

    Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/proxy-authorization.html
    """
    learn = allow("LearnItsOwnPlace", [actions.StreamAggregatedResources], [arn])
    return iam.Policy(PolicyName="app-mesh", PolicyDocument=document(learn))


def _watch(identity: Identity, service: ecs.Service) -> list[AWSObject]:
    """What replaces the tasks, and tells of those that were not.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
    """
    on, role = identity.on, _renewal_role(identity.on, service)
    hours = max(1, round(on.mesh.certificate_days * 24 * RENEWED))
    renewal = scheduler.Schedule(
        "Renewal",
        Metadata=why("Envoy reads its certificate once: new tasks come while the old ones' is still good."),
        Description=f"Replaces the tasks of {identity.config.name}",
        ScheduleExpression=f"rate({hours} hour{'s' if hours > 1 else ''})",
        FlexibleTimeWindow=scheduler.FlexibleTimeWindow(Mode="OFF"),
        Target=scheduler.Target(
            Arn=Sub("arn:${AWS::Partition}:scheduler:::aws-sdk:ecs:updateService"),
            RoleArn=role.get_att("Arn"),
            Input=Sub(
                f'{{"Cluster": "{on.cluster.name}", "Service": "{Text(service.ref())}", "ForceNewDeployment": true}}'
            ),
        ),
    )
    return [identity.alarm(Text(service.get_att("Name"))), role, renewal]


def _renewal_role(on: Foundation, service: ecs.Service) -> iam.Role:
    """What EventBridge Scheduler may do for this service.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    group = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/default"
    replace = allow("ReplaceItsTasks", [ecs_actions.UpdateService], [service.ref()])
    return on.roles.role(
        "RenewalRole",
        "EventBridge Scheduler replaces the tasks of this service with it.",
        trust("scheduler.amazonaws.com", group),
        iam.Policy(PolicyName="replace-tasks", PolicyDocument=document(replace)),
    )


def _proxy(config: Service, on: Foundation) -> ecs.ProxyConfiguration:
    """Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ProxyConfiguration.html ."""
    databases = [on.databases[name].port for name in config.connects]
    properties = {
        "IgnoredUID": app_mesh.ENVOY_USER,
        "ProxyIngressPort": str(APP_MESH_IN),
        "ProxyEgressPort": str(APP_MESH_OUT),
        "AppPorts": ",".join(map(str, config.listens.values())) or NO_PORT,
        "EgressIgnoredIPs": ",".join(METADATA),
        "EgressIgnoredPorts": ",".join(map(str, app_mesh.ignored_ports(config, databases))),
    }
    return ecs.ProxyConfiguration(
        Type="APPMESH",
        ContainerName=CONTAINERS[ENVOY],
        ProxyConfigurationProperties=[ecs.Environment(Name=name, Value=value) for name, value in properties.items()],
    )


def _envoy(arn: Text) -> Container:
    """Source: https://docs.aws.amazon.com/app-mesh/latest/userguide/envoy.html ."""
    return Container(
        name=CONTAINERS[ENVOY],
        config=ContainerSettings(
            user=app_mesh.ENVOY_USER,
            read_only=False,
            open_files=app_mesh.OPEN_FILES,
            needs={CONTAINERS[AGENT]: "healthy"},
        ),
        image=app_mesh.ENVOY,
        variables={RESOURCE: arn},
        reads={VOLUME: CERTIFICATES},
        health=health_check(ContainerCheck(interval=5, timeout=3, start=60), ["CMD-SHELL", app_mesh.READY]),
        sessions=False,
    )
