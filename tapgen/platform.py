"""The platform: where the layers are put together; reads top to bottom as data flows."""

from __future__ import annotations

from collections.abc import Mapping

from troposphere import Ref, Tags, Template

from tapgen.config.data import remaining
from tapgen.config.environment import Environment
from tapgen.config.listener import hosts
from tapgen.config.order import callees_first
from tapgen.config.service import Service as ServiceConfig
from tapgen.hatch import stacks as own_stacks
from tapgen.hatch.overrides import Overrides
from tapgen.hatch.way import MisfitError
from tapgen.kinds import Text
from tapgen.layers.alerts import Alerts
from tapgen.layers.app_mesh import AppMesh
from tapgen.layers.certificates import Certificates
from tapgen.layers.cluster import Cluster
from tapgen.layers.credentials import Credentials
from tapgen.layers.data import Data
from tapgen.layers.databases.layer import Database, Databases
from tapgen.layers.databases.setting import Setting
from tapgen.layers.endpoints import Endpoints
from tapgen.layers.firewall import Firewall
from tapgen.layers.ingress import Ingress
from tapgen.layers.job.layer import Job
from tapgen.layers.keys import Keys
from tapgen.layers.migrations import Migration, Migrations
from tapgen.layers.monitoring import Monitoring
from tapgen.layers.network import Network
from tapgen.layers.redeploy import Redeploy
from tapgen.layers.release import Release
from tapgen.layers.service.layer import Service
from tapgen.layers.service.routing import BLUE, GREEN
from tapgen.layers.workload.foundation import Foundation
from tapgen.layers.workload.images import Images
from tapgen.mesh.app_mesh import Members, behind_gateway
from tapgen.parts.alarms import Alarms
from tapgen.parts.arns import here
from tapgen.parts.functions import Functions
from tapgen.parts.log_groups import LogGroups
from tapgen.parts.roles import Roles
from tapgen.parts.tags import tag
from tapgen.stack import Root, logical_id


def assemble(declared: Environment) -> Root:
    """Every stack of one environment, nested in its root.

    Raises:
        MisfitError: an override, or a template of the user's own, does not fit what is generated.
    """
    env = behind_gateway(declared)
    overrides = Overrides(env.overrides, env.region)
    root = _root(env, overrides)
    stack_name = root.given(Text, "RootStackName", Ref("AWS::StackName"))
    roles = Roles(env.role_path, env.permissions_boundary)

    keys = root.nest(
        "keys",
        Keys(
            given=env.keys,
            stack_name=stack_name,
            protect=env.protect,
            alerts=env.alerts.topic is None,
            credentials=env.has_credentials,
            databases=bool(remaining(env.databases)),
            exec=env.cluster.exec,
            mesh=env.mesh.tls == "on",
        ),
    )
    log_groups = LogGroups(keys.logs_key_arn, env.logs.days, env.protect)
    alerts = root.nest("alerts", Alerts(config=env.alerts, key_arn=keys.alerts_key_arn))
    alarms = Alarms(alerts.topic_arn)
    functions = Functions(roles, log_groups, alarms)
    data = _nest_data(root, env, alarms)
    network = root.nest("network", Network(config=env.network, name=env.stack_name, roles=roles, log_groups=log_groups))
    firewall = root.nest(
        "firewall",
        Firewall(
            services=env.services,
            doors=env.doors,
            jobs=env.jobs,
            ingress=env.ingress if env.public else None,
            tested=bool(env.tested),
            endpoints=env.network.has_interface_endpoints,
            databases=remaining(env.databases),
            network=network,
        ),
    )
    if firewall.endpoints_group_id:
        root.nest(
            "endpoints",
            Endpoints(
                name=env.stack_name,
                region=env.region,
                secrets=env.has_credentials or "secretsmanager" in env.read_from,
                parameters="ssm" in env.read_from,
                telemetry=any(workload.telemetry for workload in env.workloads.values()),
                exec=env.cluster.exec,
                signers=env.doors.certified,
                tests=bool(env.tested),
                queues=any(env.usable.get(name) == "queues" for w in env.workloads.values() for name in w.access),
                network=network,
                group_id=firewall.endpoints_group_id,
            ),
        )
    secret_arns = _nest_credentials(root, env, keys, functions)
    databases = _nest_databases(root, env, keys, firewall, network, functions)
    secret_arns |= {name: database.credentials_arn for name, database in databases.items()}
    cluster = root.nest(
        "cluster",
        Cluster(config=env.cluster, stack_name=stack_name, log_groups=log_groups, exec_key_arn=keys.exec_key_arn),
    )
    authority = None
    if env.mesh.mode != "off":
        certificates = Certificates(name=env.stack_name, key_arn=keys.mesh_key_arn, roles=roles)
        authority = root.nest("certificates", certificates).authority
    ingress = None
    if firewall.load_balancer_group_id:
        there = env.ingress.existing
        ingress = root.nest(
            "ingress",
            Ingress(
                config=env.ingress,
                hosts=hosts(declared),
                tests=env.has_test_listener,
                protect=env.protect,
                alarms=alarms,
                network=network,
                group_id=firewall.load_balancer_group_id,
                listener_arn=root.given(Text, "IngressListenerArn", here(there.listener)) if there else None,
            ),
        )
    release = root.nest(
        "release",
        Release(
            tester_group_id=firewall.tester_group_id,
            network=network,
            cluster=cluster,
            roles=roles,
            functions=functions,
        ),
    )
    stacks, misfits = own_stacks.nest(root, env.stacks)
    app_mesh = None
    if env.mesh.app_mesh:
        members = Members(env.mesh, env.doors, env.stack_name)
        app_mesh = root.nest("app-mesh", AppMesh(members=members, public=declared.public, vpc_id=network.vpc_id))
    foundation = Foundation(
        environment=env.name,
        trust_domain=env.stack_name,
        metrics_namespace=f"{env.platform}/{env.name}",
        account=env.account,
        region=env.region,
        images=Images(env.platform, env.mirrors, declared.image_owners),
        brought={workload.name: env.beside(workload) for workload in env.workloads.values()},
        mesh=env.mesh,
        doors=env.doors,
        authority=authority,
        app_mesh=app_mesh,
        roles=roles,
        log_groups=log_groups,
        alarms=alarms,
        network=network,
        data=data,
        databases=databases,
        secret_arns=secret_arns,
        credentials_key_arn=keys.credentials_key_arn,
        cluster=cluster,
        ingress=ingress,
        test_hook=release.test,
        stacks=stacks,
    )
    migrating = _nest_jobs(root, env, firewall, foundation)
    migrations = root.nest(
        "migrations", Migrations(jobs=migrating, stack_name=stack_name, cluster=cluster, functions=functions)
    )
    made_services = {
        service.name: _nest_service(
            root,
            env,
            Service(
                config=service,
                later=_later(root, env, service),
                group_id=firewall.service_group_ids[service.name],
                rotates=service.name in env.rotating,
                live=_live(root, service) if service.two_groups else None,
                migration=migrating.get(service.stack),
                migrations=migrations,
                on=foundation,
            ),
        )
        for service in callees_first(env.services)
    }
    if rotating := env.rotating:
        root.nest(
            "redeploy",
            Redeploy(
                secrets_of={name: [secret_arns[secret] for secret in secrets] for name, secrets in rotating.items()},
                service_arns={name: arn for name, made in made_services.items() if (arn := made.arn)},
                cluster=cluster,
                functions=functions,
            ),
        )
    root.nest("monitoring", Monitoring(cluster=cluster, ingress=ingress, alerts=alerts))

    root.output("VpcId", network.vpc_id)
    root.output("ClusterName", cluster.name)
    root.output("NamespaceArn", cluster.namespace_arn)
    if ingress:
        root.output("LoadBalancerDnsName", ingress.dns_name)
        root.output("Url", ingress.url)
    if misfits := [*misfits, *overrides.complaints()]:
        raise MisfitError(*misfits)
    return root


def _root(env: Environment, overrides: Overrides) -> Root:
    own = {workload.stack: workload.name for workload in env.workloads.values()}

    def tagged(stack: str, template: Template) -> None:
        if stack == "root":
            for nested, workload in own.items():
                template.resources[logical_id(nested)].Tags = Tags(Service=workload)
        tag(template, {"Environment": env.name, "Service": own.get(stack, env.platform)} | env.tags)

    text = f"{env.stack_name}: the platform {env.platform} in {env.region} of account {env.account}, layer by layer."
    root = Root(text, finish=tagged, amend=lambda stack, body: overrides.amend(stack, body, root.offers))
    return root


def _nest_data(root: Root, env: Environment, alarms: Alarms) -> Data.Outputs | None:
    """What services keep, where there is any."""
    tables, buckets, queues = remaining(env.tables), remaining(env.buckets), remaining(env.queues)
    if not (tables or buckets or queues):
        return None
    return root.nest("data", Data(tables=tables, buckets=buckets, queues=queues, protect=env.protect, alarms=alarms))


def _nest_credentials(root: Root, env: Environment, keys: Keys.Outputs, functions: Functions) -> dict[str, Text]:
    """The secrets that are generated, by name."""
    if not env.secrets or not keys.credentials_key_arn:
        return {}
    made = Credentials(config=env.secrets, protect=env.protect, key_arn=keys.credentials_key_arn, functions=functions)
    return dict(root.nest("credentials", made).arns)


def _nest_databases(
    root: Root,
    env: Environment,
    keys: Keys.Outputs,
    firewall: Firewall.Outputs,
    network: Network.Outputs,
    functions: Functions,
) -> Mapping[str, Database]:
    """The databases that services may use, by name."""
    if not keys.databases_key_arn or not keys.credentials_key_arn:
        return {}
    setting = Setting(
        protect=env.protect,
        data_key_arn=keys.databases_key_arn,
        credentials_key_arn=keys.credentials_key_arn,
        functions=functions,
    )
    layer = Databases(
        databases=remaining(env.databases), group_ids=firewall.database_group_ids, network=network, on=setting
    )
    return root.nest("databases", layer).clusters


def _nest_jobs(
    root: Root, env: Environment, firewall: Firewall.Outputs, foundation: Foundation
) -> dict[str, Migration]:
    """Before all services. Those that migrate are given back, by the stack of the service that waits for them."""
    services = {service.migrate: service.stack for service in env.services.values() if service.migrate}
    migrating = {}
    for job in env.jobs.values():
        group_id = firewall.job_group_ids[job.name]
        layer = Job(config=job, group_id=group_id, migrates=job.name in services, on=foundation)
        if migration := root.nest(job.stack, layer, after=_ready(root)).migration:
            migrating[services[job.name]] = migration
    return migrating


def _nest_service(root: Root, env: Environment, layer: Service) -> Service.Outputs:
    """After the services it calls, as far as they are made already, and after what its tasks need to start."""
    callees = [env.services[name].stack for name in layer.config.calls]
    return root.nest(layer.config.stack, layer, after=[*_ready(root), *(each for each in callees if each in root)])


def _later(root: Root, env: Environment, service: ServiceConfig) -> list[str]:
    """The services that it calls, and that are made after it."""
    return [name for name in service.calls if env.services[name].stack not in root]


def _live(root: Root, service: ServiceConfig) -> Text:
    """Which colour of a service has the requests; ordinary deployments leave it as it was."""
    return root.parameter(
        Text,
        f"LiveColor{logical_id(service.name)}",
        Default=BLUE,
        AllowedValues=[BLUE, GREEN],
        Description=f"The colour of {service.name} with the requests when a rule last changed",
    )


def _ready(root: Root) -> list[str]:
    """What tasks need to start, and no wire leads to."""
    return ["endpoints"] if "endpoints" in root else []
