"""How a deployed environment is: its stacks, and its services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tapgen.deploy import stacks
from tapgen.deploy.aws import Answer, Aws
from tapgen.deploy.stacks import Stack
from tapgen.deploy.words import doing


@dataclass(frozen=True)
class ServiceStatus:
    """How a service is."""

    name: str
    running: int
    desired: int
    deployment: str
    """`COMPLETED`, `IN_PROGRESS` or `FAILED`, of its last deployment."""

    message: str
    """What ECS said last."""


def lines(root: Stack, nested: Mapping[str, str], services: Sequence[ServiceStatus]) -> Iterator[str]:
    """All of it, for people."""
    yield f"{root.name}  {root.status}  {root.state.meaning}"
    width = max(map(len, nested), default=0)
    for name, status in nested.items():
        yield f"  {name:<{width}}  {doing(status)}"
    width = max((len(each.name) for each in services), default=0)
    for each in services:
        tasks = f"{each.running} of {each.desired} tasks"
        yield f"  service {each.name:<{width}}  {tasks}, deployment {each.deployment.lower() or 'unknown'}"
        if each.running != each.desired or each.deployment != "COMPLETED":
            yield f"    {each.message}"


def nested(aws: Aws, root: Stack) -> dict[str, str]:
    """The states of the stacks nested in *root*, by logical id.

    Raises:
        AwsError: AWS could not be asked.
    """
    return {each.logical_id: each.status for each in stacks.resources(aws, root.id) if each.type == stacks.NESTED}


def services(aws: Aws, cluster: str) -> list[ServiceStatus]:
    """Every service of a cluster, by name.

    Raises:
        AwsError: AWS could not be asked.
    """
    arns = aws("ecs", "list-services", "--cluster", cluster)["serviceArns"]
    # DescribeServices takes ten: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
    named = ("--cluster", cluster, "--include", "TAGS", "--services")
    answers = [aws("ecs", "describe-services", *named, *arns[at : at + 10]) for at in range(0, len(arns), 10)]
    found = [_status(each) for answer in answers for each in answer["services"]]
    return sorted(found, key=lambda each: each.name)


def _status(service: Answer) -> ServiceStatus:
    tags: Answer = {each["key"]: each["value"] for each in service.get("tags", [])}
    deployments: list[Answer] = service.get("deployments", [])
    primary = next((each for each in deployments if each["status"] == "PRIMARY"), Answer())
    return ServiceStatus(
        name=str(tags.get("Service", service["serviceName"])),
        running=service["runningCount"],
        desired=service["desiredCount"],
        deployment=primary.get("rolloutState", ""),
        message=next((each["message"] for each in service.get("events", [])), "ECS says nothing"),
    )
