"""What the example consists of, and where its templates say so."""

from __future__ import annotations

from typing import Any

from .resolved import Platform, allowed, sole

PORTS = {"payment": 8080, "order": 8081, "notification": 8082}
"""Where each service listens."""

CALLED = {"dev": PORTS, "prod": dict.fromkeys(PORTS, 15000)}
"""Where others find it, by environment: in production, an Envoy is in front of it."""

BALANCED = {"dev": PORTS, "prod": dict.fromkeys(PORTS, 15100)}
"""Where the load balancer does."""

CONTAINERS = {"dev": {"app"}, "prod": {"app", "envoy", "certificates"}}
"""What each task consists of: in production, the program, its Envoy, and who gets their certificates."""

FRONT = {"dev": "app", "prod": "envoy"}
"""The container that traffic reaches."""

CLIENTS = {"dev": set[str](), "prod": {"payment", "order"}}
"""The services that share a database, by environment."""

COLOURS = {"dev": ["TargetGroup"], "prod": ["TargetGroup", "AlternateTargetGroup"]}
"""The target groups of each service, by environment: in production, one has the requests and one the new tasks."""

CALLS = {"payment": ["order", "notification"], "order": ["notification"], "notification": []}
"""Whom each service calls."""


def containers(platform: Platform, service: str) -> dict[str, Any]:
    """The containers of a service's task, by name, and no others than there should be."""
    listed = platform.only("AWS::ECS::TaskDefinition", f"service-{service}")["ContainerDefinitions"]
    names = [each["Name"] for each in listed]
    assert sorted(names) == sorted(CONTAINERS[platform.name])
    return dict(zip(names, listed, strict=True))


def container(platform: Platform, service: str) -> Any:
    """The one container of a service's task that runs its program."""
    return containers(platform, service)["app"]


def front(platform: Platform, service: str) -> Any:
    """The one container of a service's task that opens ports."""
    found = sole(each for each in containers(platform, service).values() if each.get("PortMappings"))
    assert found["Name"] == FRONT[platform.name]
    return found


def variables(platform: Platform, service: str) -> dict[str, str]:
    """What its container is told in plain environment variables."""
    return {each["Name"]: each["Value"] for each in container(platform, service)["Environment"]}


def service(platform: Platform, name: str) -> Any:
    """The ECS service of a service."""
    return platform.only("AWS::ECS::Service", f"service-{name}")


def target_groups(platform: Platform, service: str) -> list[Any]:
    """The target groups of a service, and no others than there should be."""
    stack = f"service-{service}"
    found = platform.properties("AWS::ElasticLoadBalancingV2::TargetGroup", stack)
    assert sorted(found) == sorted(f"{stack}.{title}" for title in COLOURS[platform.name])
    return list(found.values())


def attributes(properties: Any, key: str) -> dict[str, str]:
    """What a list of keys and values says."""
    return {each["Key"]: each["Value"] for each in properties[key]}


class Rights(dict[str, Any]):
    """The statements of a role, by action; an action that is not allowed is a broken promise."""

    def __missing__(self, action: str) -> Any:
        raise AssertionError(f"{action} is not allowed")


def rights(platform: Platform, service: str, role: str) -> Rights:
    """What a role of a service may do."""
    policies = platform.resource(f"service-{service}", role)["Properties"].get("Policies", [])
    return Rights(
        {
            action: statement
            for policy in policies
            for statement in allowed(policy["PolicyDocument"])
            for action in statement["Action"]
        }
    )


def grants(platform: Platform, stack: str, role: str) -> set[tuple[str, str]]:
    """Every action that a role may take, with what it may be taken on."""
    policies = platform.resource(stack, role)["Properties"].get("Policies", [])
    return {
        (action, resource)
        for policy in policies
        for statement in allowed(policy["PolicyDocument"])
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


PLACEHOLDER = ("tcp", 443, 443, "127.0.0.1/32")
"""The way out of a group that has no others inside it: to nowhere."""


def ways_inside(platform: Platform, group: str) -> set[tuple[Any, ...]]:
    """The ways out that a security group itself names; one that names none lets its members out everywhere."""
    inside = platform.at(group)["Properties"].get("SecurityGroupEgress")
    assert inside
    return {_way(each) for each in inside}


def ways_out(platform: Platform, group: str) -> set[tuple[Any, ...]]:
    """Where the members of a security group may connect to, whether the group or another resource says so."""
    beside = platform.properties("AWS::EC2::SecurityGroupEgress").values()
    return ways_inside(platform, group) | {_way(each) for each in beside if each["GroupId"] == group}


def _way(rule: Any) -> tuple[Any, ...]:
    to = rule.get("CidrIp") or rule["DestinationSecurityGroupId"]
    return rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), to
