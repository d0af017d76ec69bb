"""What the example consists of, and where its templates say so."""

from __future__ import annotations

from typing import Any

from .resolved import Platform, allowed, sole

PORTS = {"payment": 8080, "order": 8081, "notification": 8082}

CLIENTS = {"dev": set[str](), "prod": {"payment", "order"}}
"""The services that share a database, by environment."""
"""Where each service listens."""

CALLS = {"payment": ["order", "notification"], "order": ["notification"], "notification": []}
"""Whom each service calls."""


def container(platform: Platform, service: str) -> Any:
    """The one container of a service's task."""
    return sole(platform.only("AWS::ECS::TaskDefinition", f"service-{service}")["ContainerDefinitions"])


def variables(platform: Platform, service: str) -> dict[str, str]:
    """What its container is told in plain environment variables."""
    return {each["Name"]: each["Value"] for each in container(platform, service)["Environment"]}


def service(platform: Platform, name: str) -> Any:
    """The ECS service of a service."""
    return platform.only("AWS::ECS::Service", f"service-{name}")


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
