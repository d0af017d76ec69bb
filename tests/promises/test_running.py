"""Cluster, mesh and scaling: how services run, and find each other."""

from __future__ import annotations

from urllib.parse import urlsplit

from .contract import both, drop, promise, put, remove, swap
from .envoy import Envoy
from .reading import CALLED, CALLS, PORTS, front, service, variables
from .resolved import Platform, sole

CONNECT = "service-order/Service/ServiceConnectConfiguration"
OPEN = "service-order/TaskDefinition/ContainerDefinitions/-1/PortMappings"
"""Of the last container, which is the one that traffic reaches."""

TOLD = "service-payment/TaskDefinition/ContainerDefinitions/app/Environment"
STRATEGY = "service-payment/Service/CapacityProviderStrategy"
SCALING = "service-order/CpuScaling/TargetTrackingScalingPolicyConfiguration"


@promise(
    "cluster",
    defects=[7],
    broken_by={
        "no Spot": drop("cluster/CapacityProviders/CapacityProviders/1"),
        "providers of another cluster": put("cluster/CapacityProviders/Cluster", "default"),
        "no providers": drop("cluster/CapacityProviders"),
        "providers and services side by side": put(
            "root/ServiceOrder/Parameters/ClusterName", {"Ref": "AWS::StackName"}
        ),
        "no insights": put("cluster/Cluster/ClusterSettings/0/Value", "disabled"),
        "insights not mentioned": drop("cluster/Cluster/ClusterSettings"),
        "Spot by default": put(
            "cluster/CapacityProviders/DefaultCapacityProviderStrategy/0/CapacityProvider", "FARGATE_SPOT"
        ),
        "tasks that gather in one zone": put("service-order/Service/AvailabilityZoneRebalancing", "DISABLED"),
        "a launch type beside the providers": put("service-order/Service/LaunchType", "FARGATE"),
    },
)
def test_services_run_in_one_cluster_after_it_knows_fargate_and_spot(platform: Platform) -> None:
    """A stack that takes the cluster's name waits for the whole of the cluster's stack, providers and all."""
    cluster = platform.only("AWS::ECS::Cluster", "cluster")
    assert cluster.get("ClusterSettings") == [{"Name": "containerInsights", "Value": "enhanced"}]
    known = platform.only("AWS::ECS::ClusterCapacityProviderAssociations", "cluster")
    assert known["Cluster"] == "${cluster.Cluster}"
    assert set(known["CapacityProviders"]) == {"FARGATE", "FARGATE_SPOT"}
    assert [each["CapacityProvider"] for each in known["DefaultCapacityProviderStrategy"]] == ["FARGATE"]
    for name in platform.services:
        assert service(platform, name)["Cluster"] == "${cluster.Cluster}"
        assert "LaunchType" not in service(platform, name)
        assert service(platform, name)["AvailabilityZoneRebalancing"] == "ENABLED"
        used = {each["CapacityProvider"] for each in service(platform, name)["CapacityProviderStrategy"]}
        assert used <= set(known["CapacityProviders"])


@promise(
    "cluster",
    defects=[14],
    broken_by={
        "every task on Spot": put(STRATEGY, [{"CapacityProvider": "FARGATE_SPOT", "Base": 2, "Weight": 1}]),
        "no floor": put(f"{STRATEGY}/0/Base", 0),
        "two floors": put(f"{STRATEGY}/1/Base", 1),
        "nowhere to go": both(put(f"{STRATEGY}/0/Weight", 0), put(f"{STRATEGY}/1/Weight", 0)),
    },
)
def test_some_tasks_are_never_reclaimed(platform: Platform) -> None:
    for name in platform.services:
        shares = {each["CapacityProvider"]: each for each in service(platform, name)["CapacityProviderStrategy"]}
        target = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", f"service-{name}")
        assert "FARGATE" in shares
        assert shares["FARGATE"]["Base"] >= (target["MinCapacity"] if platform.name == "prod" else 1)
        assert [provider for provider, share in shares.items() if share["Base"]] == ["FARGATE"]
        assert any(share["Weight"] for share in shares.values())


@promise(
    "mesh",
    broken_by={
        "no mesh": drop(CONNECT),
        "switched off": put(f"{CONNECT}/Enabled", False),
        "another namespace": put(f"{CONNECT}/Namespace", "default"),
        "a port name that the task lacks": put(f"{CONNECT}/Services/0/PortName", "http"),
        "another name": put(f"{CONNECT}/Services/0/ClientAliases/0/DnsName", "orders"),
        "another port": put(f"{CONNECT}/Services/0/ClientAliases/0/Port", 80),
        "a caller that is told another address": put(f"{TOLD}/ORDER_URL/Value", "http://orders:8081"),
        "a caller that is told another port": put(f"{TOLD}/ORDER_URL/Value", "http://127.0.0.1:8081"),
        "a caller that is told of another": both(
            put(f"{TOLD}/ORDER_URL/Name", "X"),
            put(f"{TOLD}/NOTIFICATION_URL/Name", "ORDER_URL"),
            put(f"{TOLD}/X/Name", "NOTIFICATION_URL"),
        ),
        "a caller that is told nothing": put(f"{TOLD}/ORDER_URL/Name", "ORDERS_URL"),
        "a port that is not opened": put(f"{OPEN}/0/ContainerPort", 80),
        "two of one name": put(f"{CONNECT}/Services/0/DiscoveryName", "payment"),
        "two ways of discovery": put("service-order/Service/ServiceRegistries", [{"RegistryArn": "arn"}]),
    },
)
def test_callers_find_services_by_name(platform: Platform) -> None:
    """Straight, or through the Envoy of their own task."""
    found: dict[str, tuple[str, int]] = {}
    for name in platform.services:
        connect = service(platform, name).get("ServiceConnectConfiguration", {"Enabled": False})
        assert connect["Enabled"] is True
        assert connect["Namespace"] == "${cluster.Namespace.Arn}"
        assert "ServiceRegistries" not in service(platform, name)
        if "Services" not in connect:
            continue
        offered = sole(connect["Services"])
        mapping = sole(
            each for each in front(platform, name)["PortMappings"] if each.get("Name") == offered["PortName"]
        )
        assert mapping["ContainerPort"] == CALLED[platform.name][name]
        alias = sole(offered["ClientAliases"])
        assert (offered["DiscoveryName"], alias["DnsName"], alias["Port"]) == (name, name, PORTS[name])
        found[name] = alias["DnsName"], alias["Port"]
    for name, callees in CALLS.items():
        told = {key: value for key, value in variables(platform, name).items() if key.endswith("_URL")}
        reached = {key: _reached(platform, name, url) for key, url in told.items()}
        assert reached == {f"{callee.upper()}_URL": found.get(callee) for callee in callees}


def _reached(platform: Platform, caller: str, url: str) -> tuple[str, int]:
    """Where a caller gets with a URL."""
    there = urlsplit(url)
    assert (there.scheme, there.path) == ("http", "")
    host, port = str(there.hostname), there.port or 80
    if platform.name == "dev":
        return host, port
    envoy = Envoy(platform, caller)
    assert (host, port) in envoy.listeners, f"nobody listens at {url}"
    return envoy.leads_to(envoy.listeners[host, port])


@promise(
    "mesh",
    on=["dev"],
    broken_by={
        "bytes, not requests": drop(f"{OPEN}/0/AppProtocol"),
        "requests of another protocol": put(f"{OPEN}/0/AppProtocol", "grpc"),
    },
)
def test_service_connect_sees_requests_that_are_not_encrypted(platform: Platform) -> None:
    """Otherwise it sees bytes: it counts no requests, ends none, and repeats none.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
    """
    for name in platform.services:
        assert sole(front(platform, name)["PortMappings"]).get("AppProtocol") == "http"


@promise(
    "mesh",
    broken_by={
        "callers first": remove("root/ServicePayment/DependsOn", "ServiceOrder"),
        "one of two callees first": remove("root/ServicePayment/DependsOn", "ServiceNotification"),
        "no order at all": drop("root/ServiceOrder/DependsOn"),
    },
)
def test_callees_are_there_before_their_callers(platform: Platform) -> None:
    """Tasks only find what existed when they started."""
    for caller, callees in CALLS.items():
        stack = platform.templates["root"]["Resources"][f"Service{caller.title()}"]
        assert {f"Service{callee.title()}" for callee in callees} <= set(stack.get("DependsOn", []))


@promise(
    "mesh",
    defects=[16],
    on=["prod"],
    broken_by={
        "tasks beside what starts them": remove("root/ServicePayment/DependsOn", "Endpoints"),
        "the first tasks beside it": drop("root/ServiceNotification/DependsOn"),
        "endpoints after the tasks": put("root/Endpoints/DependsOn", ["ServiceNotification"]),
    },
)
def test_tasks_start_when_what_starts_them_can_be_reached(platform: Platform) -> None:
    """Images, logs and secrets come through the endpoints, whose names lead nowhere while they are being made."""
    stacks = platform.templates["root"]["Resources"]
    for name in platform.services:
        assert "Endpoints" in stacks[f"Service{name.title()}"].get("DependsOn", [])
    assert not any(waited.startswith("Service") for waited in stacks["Endpoints"].get("DependsOn", []))


@promise(
    "scaling",
    defects=[15],
    broken_by={
        "80 %": put(f"{SCALING}/TargetValue", 80),
        "memory": put(
            f"{SCALING}/PredefinedMetricSpecification/PredefinedMetricType", "ECSServiceAverageMemoryUtilization"
        ),
        "slow to grow": put(f"{SCALING}/ScaleOutCooldown", 300),
        "quick to shrink": put(f"{SCALING}/ScaleInCooldown", 60),
        "the tasks of another service": swap("service-order/ScalableTarget/ResourceId", "Service.Name", "TaskRole"),
        "the tasks of another cluster": swap("service-order/ScalableTarget/ResourceId", "${ClusterName}", "default"),
        "another dimension": put("service-order/ScalableTarget/ScalableDimension", "ecs:service:Memory"),
        "in steps that nobody wrote": put("service-order/CpuScaling/PolicyType", "StepScaling"),
        "a policy of nobody": put("service-order/CpuScaling/ScalingTargetId", "elsewhere"),
        "a count that every update restores": put("service-order/Service/DesiredCount", 2),
    },
)
def test_every_service_scales_on_its_own_and_updates_leave_the_number_alone(platform: Platform) -> None:
    for name in platform.services:
        stack = f"service-{name}"
        target = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", stack)
        assert target["ResourceId"] == f"service/${{cluster.Cluster}}/${{{stack}.Service.Name}}"
        assert (target["ServiceNamespace"], target["ScalableDimension"]) == ("ecs", "ecs:service:DesiredCount")
        policy = platform.only("AWS::ApplicationAutoScaling::ScalingPolicy", stack)
        assert policy["ScalingTargetId"] == f"${{{stack}.ScalableTarget}}"
        assert policy["PolicyType"] == "TargetTrackingScaling"
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        metric = tracking["PredefinedMetricSpecification"]["PredefinedMetricType"]
        assert (metric, tracking["TargetValue"]) == ("ECSServiceAverageCPUUtilization", 70)
        assert tracking["ScaleOutCooldown"] == 60
        assert tracking["ScaleInCooldown"] >= 300, "60 s would make the number flap"
        assert "DesiredCount" not in service(platform, name)
