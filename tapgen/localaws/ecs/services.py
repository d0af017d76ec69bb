"""The operations on services.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.ecs.colours import begin
from tapgen.localaws.ecs.rules import check_balancers
from tapgen.localaws.ecs.scheduler import end, reconcile
from tapgen.localaws.ecs.state import Deployment, Service, cluster_name, find_service, services
from tapgen.localaws.ecs.strategies import check_strategy, strategy
from tapgen.localaws.ecs.tls import check_tls
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError

_ROLLED_OUT = (
    "taskDefinition",
    "networkConfiguration",
    "loadBalancers",
    "capacityProviderStrategy",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
)
"""What a change of begins a deployment: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html."""


@operation("ecs", "CreateService")
async def create_service(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html."""
    cluster = cluster_name(request.get("cluster"))
    found = (await call("ecs", "DescribeClusters", clusters=[cluster]))["clusters"]
    if not found or found[0]["status"] != "ACTIVE":
        raise ServiceError("ClusterNotFoundException", "Cluster not found.")
    name = request["serviceName"]
    living = (each for each in services() if each.status == "ACTIVE" and each.name == name)
    if any(each.cluster_arn == found[0]["clusterArn"] for each in living):
        raise ServiceError("InvalidParameterException", "Creation of service was not idempotent.")
    definition = await definition_of(request)
    await check_network(request)
    await _check_deployments(request)
    settings = dict(_DEFAULTS) | request
    arn = f"arn:aws:ecs:{engine.region()}:{engine.account()}:service/{cluster}/{name}"
    first = Deployment(settings, definition)
    service = Service(arn, found[0]["clusterArn"], settings, request.get("desiredCount", 1), [first])
    services().append(service)
    begin(service)
    return {"service": service.described()}


_DEFAULTS: Fields = {
    "schedulingStrategy": "REPLICA",
    "deploymentController": {"type": "ECS"},
    "enableExecuteCommand": False,
    "enableECSManagedTags": False,
    "propagateTags": "NONE",
    "availabilityZoneRebalancing": "ENABLED",
}


async def definition_of(settings: Fields) -> Fields:
    """The task definition that a service, or a task of its own, is to run.

    Raises:
        ServiceError: it is not there, not active, or lacks a container that is spoken of.
    """
    try:
        found = await call("ecs", "DescribeTaskDefinition", taskDefinition=settings["taskDefinition"])
    except ServiceError as error:
        raise ServiceError("ClientException", "TaskDefinition not found.") from error
    definition: Fields = found["taskDefinition"]
    if definition.get("status") == "INACTIVE":
        raise ServiceError("ClientException", "TaskDefinition is inactive")
    containers = {each["name"]: each for each in definition["containerDefinitions"]}
    for balanced in settings.get("loadBalancers", []):
        name, port = balanced["containerName"], balanced["containerPort"]
        if name not in containers:
            raise ServiceError(
                "InvalidParameterException", f"The container {name} does not exist in the task definition."
            )
        if port not in [each["containerPort"] for each in containers[name].get("portMappings", [])]:
            text = f"The container {name} did not have a container port {port} defined."
            raise ServiceError("InvalidParameterException", text)
    return definition


async def check_network(settings: Fields) -> None:
    """Whether the subnets and security groups of tasks are there, and what the mesh needs.

    Raises:
        ServiceError: one is not.
    """
    network = settings.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    await call("ec2", "DescribeSubnets", SubnetIds=network.get("subnets", []))
    await call("ec2", "DescribeSecurityGroups", GroupIds=network.get("securityGroups", []))
    for balanced in settings.get("loadBalancers", []):
        arn = balanced["targetGroupArn"]
        groups = (await call("elbv2", "DescribeTargetGroups", TargetGroupArns=[arn]))["TargetGroups"]
        if not groups[0].get("LoadBalancerArns"):
            text = f"The target group with targetGroupArn {arn} does not have an associated load balancer."
            raise ServiceError("InvalidParameterException", text)
    mesh = settings.get("serviceConnectConfiguration", {})
    if str(mesh.get("namespace", "")).startswith("arn:"):
        await call("servicediscovery", "GetNamespace", Id=mesh["namespace"].rpartition("/")[2])
    await check_tls(mesh)


async def _check_deployments(settings: Fields) -> None:
    check_strategy(settings)
    await check_balancers(settings)


def _supersede(deployment: Deployment) -> None:
    deployment.status = "ACTIVE"
    if not deployment.walking:
        deployment.progress.finish("STOPPED", "Another deployment has taken its place.")


@operation("ecs", "UpdateService")
async def update_service(request: Fields, _proceed: Proceed) -> Fields:
    """What is not mentioned stays, above all the number of tasks.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
    """
    service = find_service(request["service"], request.get("cluster"))
    if service.status != "ACTIVE":
        raise ServiceError("ServiceNotActiveException", "Service was not ACTIVE.")
    own = {name: value for name, value in request.items() if name not in ("service", "cluster", "forceNewDeployment")}
    settings = service.settings | own
    before = service.primary.settings
    rolled_out = any(settings.get(name) != before.get(name) for name in _ROLLED_OUT)
    rolled_out = rolled_out or strategy(settings) != strategy(before)
    await _check_deployments(settings)
    if rolled_out:
        definition = await definition_of(settings)
        await check_network(settings)
    else:
        definition = service.primary.definition
    service.settings = settings
    service.desired = request.get("desiredCount", service.desired)
    if rolled_out or request.get("forceNewDeployment") or service.primary.rollout == "FAILED":
        _supersede(service.primary)
        service.deployments.insert(0, Deployment(settings, definition))
        begin(service)
    else:
        reconcile(service)
    return {"service": service.described()}


@operation("ecs", "DeleteService")
async def delete_service(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html."""
    service = find_service(request["service"], request.get("cluster"))
    if service.desired and not request.get("force"):
        text = "The service cannot be stopped while it is scaled above 0."
        raise ServiceError("InvalidParameterException", text)
    service.status, service.desired = "DRAINING", 0
    for deployment in service.deployments:
        for task in deployment.running:
            await end(service, deployment, task, "ServiceSchedulerInitiated", "Service deleted")
    service.status = "INACTIVE"
    service.history.clear()
    return {"service": service.described()}


@operation("ecs", "DescribeServices")
async def describe_services(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html."""
    found, failures = [], []
    for reference in request["services"]:
        try:
            service = find_service(reference, request.get("cluster"))
        except ServiceError:
            failures.append({"arn": reference, "reason": "MISSING"})
            continue
        tags = {"tags": service.settings.get("tags", [])} if "TAGS" in request.get("include", []) else {}
        found.append(service.described() | tags)
    return {"services": found, "failures": failures}


@operation("ecs", "ListServices")
async def list_services(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html."""
    suffix = f"/{cluster_name(request.get('cluster'))}"
    here = (each for each in services() if each.cluster_arn.endswith(suffix))
    return {"serviceArns": [each.arn for each in here if each.status != "INACTIVE"]}


@operation("ecs", "TagResource")
async def tag_resource(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TagResource.html."""
    for service in services():
        if service.arn == request["resourceArn"]:
            kept = {tag["key"]: tag for tag in [*service.settings.get("tags", []), *request["tags"]]}
            service.settings["tags"] = list(kept.values())
            return {}
    return await proceed(request)


@operation("ecs", "UntagResource")
async def untag_resource(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UntagResource.html."""
    for service in services():
        if service.arn == request["resourceArn"]:
            tags = service.settings.get("tags", [])
            service.settings["tags"] = [tag for tag in tags if tag["key"] not in request["tagKeys"]]
            return {}
    return await proceed(request)


@operation("ecs", "ListTagsForResource")
async def list_tags_for_resource(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTagsForResource.html."""
    for service in services():
        if service.arn == request["resourceArn"]:
            return {"tags": service.settings.get("tags", [])}
    return await proceed(request)
