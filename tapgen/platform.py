"""The platform: where the layers are put together; reads top to bottom as data flows."""

from __future__ import annotations

from collections.abc import Mapping

from troposphere import Ref

from tapgen.config.model import Environment
from tapgen.config.service import Service as ServiceConfig
from tapgen.kinds import Text
from tapgen.layers.alerts import Alerts
from tapgen.layers.cluster import Cluster
from tapgen.layers.endpoints import Endpoints
from tapgen.layers.firewall import Firewall
from tapgen.layers.ingress import Ingress, listener_ports
from tapgen.layers.keys import Keys
from tapgen.layers.monitoring import Monitoring
from tapgen.layers.network import Network
from tapgen.layers.roles import Roles
from tapgen.layers.secrets import Secrets
from tapgen.layers.service.layer import Service
from tapgen.layers.service.task import Secret
from tapgen.mesh import plain
from tapgen.stack import Root


def assemble(env: Environment) -> Root:
    """Every stack of one environment, nested in its root."""
    public = any(service.path for service in env.services.values())
    private = env.network.endpoints == "interface" or (env.network.endpoints is None and env.network.nat == "none")
    roles = Roles(f"/{env.platform}/{env.name}/", env.permissions_boundary)

    root = Root(f"{env.stack_name}: the platform {env.platform} in {env.region} of account {env.account}, layer by layer.")
    stack_name = root.given(Text, "RootStackName", Ref("AWS::StackName"))

    keys = root.nest(
        "keys", Keys(stack_name=stack_name, protect=env.protect, secrets=bool(env.secrets), exec=env.cluster.exec)
    )
    alerts = root.nest("alerts", Alerts(emails=env.alerts.email, key_arn=keys.alerts_key_arn))
    network = root.nest(
        "network",
        Network(
            config=env.network,
            name=env.stack_name,
            log_days=env.logs.days,
            protect=env.protect,
            roles=roles,
            logs_key_arn=keys.logs_key_arn,
        ),
    )
    firewall = root.nest(
        "firewall",
        Firewall(
            services=env.services,
            vpc_id=network.vpc_id,
            vpc_cidr=env.network.cidr,
            listener_ports=listener_ports(env.ingress) if public else (),
            allowed=env.ingress.allow,
            endpoints=private,
        ),
    )
    if firewall.endpoints_group_id:
        root.nest(
            "endpoints",
            Endpoints(
                name=env.stack_name,
                secrets=any(service.secrets for service in env.services.values()),
                exec=env.cluster.exec,
                vpc_id=network.vpc_id,
                subnet_ids=network.private_subnet_ids,
                group_id=firewall.endpoints_group_id,
            ),
        )
    secrets: Mapping[str, Text] = {}
    if keys.secrets_key_arn:
        secrets = root.nest("secrets", Secrets(config=env.secrets, protect=env.protect, key_arn=keys.secrets_key_arn)).arns
    cluster = root.nest(
        "cluster",
        Cluster(
            config=env.cluster,
            stack_name=stack_name,
            log_days=env.logs.days,
            protect=env.protect,
            logs_key_arn=keys.logs_key_arn,
            exec_key_arn=keys.exec_key_arn,
        ),
    )
    ingress = None
    if firewall.load_balancer_group_id:
        ingress = root.nest(
            "ingress",
            Ingress(
                config=env.ingress,
                protect=env.protect,
                subnet_ids=network.public_subnet_ids,
                group_id=firewall.load_balancer_group_id,
            ),
        )
    nested: list[str] = []
    for service in callees_first(env.services):
        earlier = [f"service-{callee}" for callee in service.calls if f"service-{callee}" in nested]
        nested.append(f"service-{service.name}")
        root.nest(
            nested[-1],
            Service(
                config=service,
                platform=env.platform,
                environment=env.name,
                calls={callee: plain.url(env.services[callee]) for callee in service.calls},
                later=tuple(callee for callee in service.calls if f"service-{callee}" not in nested),
                deployment=env.deployment,
                mesh=env.mesh,
                log_days=env.logs.days,
                protect=env.protect,
                roles=roles,
                secrets={name: _secret(secrets, part) for name, part in service.secrets.items()},
                secrets_key_arn=keys.secrets_key_arn,
                logs_key_arn=keys.logs_key_arn,
                topic_arn=alerts.topic_arn,
                vpc_id=network.vpc_id,
                subnet_ids=network.private_subnet_ids,
                group_id=firewall.service_group_ids[service.name],
                cluster=cluster,
                ingress=ingress,
            ),
            after=earlier,
        )
    root.nest(
        "monitoring",
        Monitoring(
            cluster_name=cluster.name,
            load_balancer_name=ingress.load_balancer_name if ingress else None,
            topic_arn=alerts.topic_arn,
        ),
    )
    root.output("VpcId", network.vpc_id)
    root.output("ClusterName", cluster.name)
    root.output("NamespaceArn", cluster.namespace_arn)
    if ingress:
        root.output("LoadBalancerDnsName", ingress.dns_name)
        root.output("Url", ingress.url)
    return root


def callees_first(services: Mapping[str, ServiceConfig]) -> list[ServiceConfig]:
    """Every service after those it calls, since tasks find only what existed when they started.

    Where calls form a circle, the one named first in the file comes last.
    """
    order: dict[str, ServiceConfig] = {}
    begun: set[str] = set()

    def place(service: ServiceConfig) -> None:
        if service.name in begun:
            return
        begun.add(service.name)
        for callee in service.calls:
            place(services[callee])
        order[service.name] = service

    for service in services.values():
        place(service)
    return list(order.values())


def _secret(arns: Mapping[str, Text], part: str) -> Secret:
    name, key = part.split(".")
    return Secret(arns[name], key)
