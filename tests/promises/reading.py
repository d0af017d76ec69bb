"""What the example consists of, and where its templates say so."""

from __future__ import annotations

from typing import Any

from .resolved import Platform, allowed, sole

PORTS = {"payment": 8080, "order": 8081, "notification": 8082}
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


def ways_out(group: Any) -> set[tuple[Any, ...]]:
    """Where the members of a security group may connect to; one that names nothing lets them out everywhere."""
    assert group.get("SecurityGroupEgress")
    return {
        (
            way["IpProtocol"],
            way.get("FromPort"),
            way.get("ToPort"),
            way.get("CidrIp") or way["DestinationSecurityGroupId"],
        )
        for way in group["SecurityGroupEgress"]
    }
