"""The services of an environment, as ECS tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tapgen.config.environment import Environment
from tapgen.config.suggest import did_you_mean
from tapgen.deploy import stacks
from tapgen.deploy.aws import Answer, Aws, AwsError, at_once, pages
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.stacks import Stack
from tapgen.errors import ConfigError, Problem


@dataclass(frozen=True)
class Colours:
    """What the requests to a service move between: two target groups that one listener rule weighs."""

    rule: str
    blue: str
    green: str


@dataclass(frozen=True)
class Service:
    """A service as it is now."""

    name: str
    """As `tapgen.yaml` names it."""

    arn: str
    strategy: str
    """`rolling`, `blue-green`, `canary` or `linear`."""

    running: int
    desired: int
    task_definition: str
    """That of the deployment which new tasks belong to."""

    sessions: bool
    """Whether commands may be executed in its tasks."""

    colours: Colours | None
    message: str
    """What ECS said last."""

    @property
    def cluster(self) -> str:
        """The name of the cluster that it runs in."""
        return self.arn.split("/")[1]


def cluster(aws: Aws, environment: Environment, root: Stack) -> str:
    """The name of the cluster of an environment; nothing as long as there is none.

    Raises:
        AwsError: AWS could not be asked.
    """
    if name := root.outputs.get("ClusterName", ""):
        return name
    if environment.cluster.existing:
        return environment.cluster.existing.name
    # The root tells nothing before all of it is made.
    nested = stacks.nested(aws, root.id).get("Cluster") if root.exists else None
    return stacks.get(aws, nested).outputs.get("Name", "") if nested else ""


def every(aws: Aws, environment: Environment, root: Stack) -> list[Service]:
    """Every service of an environment, by name; a cluster may have others, too.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html

    Raises:
        AwsError: AWS could not be asked.
    """
    if not (where := cluster(aws, environment, root)):
        return []
    try:
        arns: Sequence[str] = aws("ecs", "list-services", "--cluster", where)["serviceArns"]
    except AwsError as error:
        if error.code == "ClusterNotFoundException":  # an environment that is being deleted loses it before its stack
            return []
        raise
    # CloudFormation names a service after its stack, and that after the root.
    arns = [arn for arn in arns if arn.rpartition("/")[2].startswith(f"{environment.stack_name}-")]
    named = ("ecs", "describe-services", "--cluster", where, "--include", "TAGS", "--services")
    answers = at_once(lambda part: aws(*named, *part), pages(arns, 10))
    found = [each for answer in answers for each in answer["services"]]
    own = [_service(each) for each in found if _tags(each).get("Environment") == environment.name]
    return sorted(own, key=lambda each: each.name)


def named(aws: Aws, environment: Environment, root: Stack, name: str) -> Service:
    """The service of that name, as it is deployed.

    Raises:
        ConfigError: there is none.
        RefusedError: it is not deployed.
        AwsError: AWS could not be asked.
    """
    known(environment, name)
    for each in every(aws, environment, root):
        if each.name == name:
            return each
    raise RefusedError(f"{name} is not deployed to {environment.name} yet", f"make deploy ENV={environment.name} first")


def known(environment: Environment, name: str) -> None:
    """Refuse the name of a service that `tapgen.yaml` does not know.

    Raises:
        ConfigError: there is none of that name.
    """
    services = environment.services
    if name not in services:
        message = f"there is no service {name!r} in {environment.name}" if name else "which service? Say: SERVICE=…"
        hint = did_you_mean(name, services) if name else ""
        raise ConfigError([Problem(message, allowed=", ".join(services), hint=hint)])


def images(aws: Aws, task_definition: str) -> dict[str, str]:
    """The image of each container of a task definition.

    Raises:
        AwsError: AWS could not be asked.
    """
    found = aws("ecs", "describe-task-definition", "--task-definition", task_definition)["taskDefinition"]
    return {each["name"]: each["image"] for each in found["containerDefinitions"]}


def _service(found: Answer) -> Service:
    deployments: list[Answer] = found.get("deployments", [])
    primary = next((each for each in deployments if each["status"] == "PRIMARY"), found)
    strategy: str = found.get("deploymentConfiguration", {}).get("strategy", "ROLLING")
    return Service(
        name=_tags(found).get("Service") or found["serviceName"],
        arn=found["serviceArn"],
        strategy=strategy.lower().replace("_", "-"),
        running=found["runningCount"],
        desired=found["desiredCount"],
        task_definition=primary["taskDefinition"],
        sessions=found.get("enableExecuteCommand", False),
        colours=_colours(found),
        message=next((each["message"] for each in found.get("events", [])), "ECS says nothing"),
    )


def _colours(found: Answer) -> Colours | None:
    for balancer in found.get("loadBalancers", []):
        if more := balancer.get("advancedConfiguration"):
            return Colours(more["productionListenerRule"], balancer["targetGroupArn"], more["alternateTargetGroupArn"])
    return None


def _tags(found: Answer) -> Answer:
    return {each["key"]: each["value"] for each in found.get("tags", [])}
