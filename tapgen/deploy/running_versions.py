"""Whether services run what CloudFormation believes they run: only then does a deployment do what it says.

CloudFormation waits for the deployment of a service, and goes back with it, so both agree as long as nobody else
changes the service. They differ after `aws ecs update-service` by hand, and after a deployment that CloudFormation has
given up waiting for, which it does after 36 hours. It compares templates, never what runs: a template that stays as it
is changes nothing, and one that changes takes the other change away unseen.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tapgen.config.environment import Environment
from tapgen.config.workload import APP
from tapgen.deploy import rollouts, services, stacks
from tapgen.deploy.aws import Aws, at_once, both
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.services import Service
from tapgen.deploy.stacks import Stack
from tapgen.deploy.words import elapsed_since
from tapgen.stack import logical_id


@dataclass(frozen=True)
class Difference:
    """A service that runs something else than CloudFormation believes."""

    service: Service
    believed: str
    """The task definition of its stack."""

    runs: str
    """The image of its own container."""

    deployed: str
    """The image that the deployed template says."""

    wanted: str
    """The digest that `tapgen.images.yaml` says; empty where it says none."""

    @property
    def settles(self) -> bool:
        """Whether a deployment makes them agree, on what runs already: somebody has written it down since."""
        return bool(self.wanted) and _is(self.runs, self.wanted) and not _is(self.deployed, self.wanted)

    def __str__(self) -> str:
        same = self.runs == self.deployed
        other = f"the same image otherwise: {_revision(self.service.task_definition)}" if same else self.runs
        return "\n".join(
            [
                f"{self.service.name} runs            {other}",
                f"  its deployed template says  {_revision(self.believed) if same else self.deployed}",
                f"  tapgen.images.yaml says     {self.wanted or 'nothing'}",
            ]
        )


def settled(aws: Aws, environment: Environment, *, anyway: bool = False) -> None:
    """Refuse to deploy while services are being deployed, and where they run something else than was deployed.

    With *anyway* only while one with two colours is: where its requests are to go is not settled then. A stack that
    cannot be changed as it is has nothing to compare with; that is refused elsewhere.

    Raises:
        RefusedError: with what is so, and what to do.
        AwsError: AWS could not be asked.
    """
    root = stacks.find(aws, environment.stack_name)
    if root and root.exists and root.state.changeable:
        found = services.every(aws, environment, root)
        at_rest(aws, environment, [each for each in found if not (anyway and each.strategy == "rolling")])
        if not anyway:
            agreed(aws, root, environment, found)


def at_rest(aws: Aws, environment: Environment, found: Sequence[Service]) -> None:
    """Refuse while one of some services is being deployed.

    Raises:
        RefusedError: one is.
        AwsError: AWS could not be asked.
    """
    newest = rollouts.newest(aws, found)
    moving = [(each, newest[each.arn]) for each in found if each.arn in newest and newest[each.arn].going_on]
    if moving:
        lines = [f"{each.name}: {rollout.doing}, for {elapsed_since(rollout.began)}" for each, rollout in moving]
        raise RefusedError(
            "\n".join(["nothing is deployed while services are being deployed:", *lines]),
            f"make watch ENV={environment.name} waits until that is over; "
            f"make rollback ENV={environment.name} SERVICE={moving[0][0].name} ends it",
        )


def agreed(aws: Aws, root: Stack, environment: Environment, found: Iterable[Service]) -> None:
    """Refuse services that run something else than their stacks say, unless it is what `tapgen.images.yaml` says.

    Raises:
        RefusedError: with what each of them runs, and what else was said.
        AwsError: AWS could not be asked.
    """
    if differing := differences(aws, root, environment, found):
        first = differing[0]
        raise RefusedError(
            "\n".join(["services run something else than was deployed:", *map(str, differing)]),
            "somebody has changed them, or ECS went back without CloudFormation. To run what was deployed: "
            f"aws ecs update-service --region {aws.region} --cluster {first.service.cluster} "
            f"--service {first.service.arn} --task-definition {first.believed}; "
            "to deploy over it all the same: ANYWAY=yes",
        )


def differences(aws: Aws, root: Stack, environment: Environment, found: Iterable[Service]) -> list[Difference]:
    """The services that run another task definition than that of their stack, by name.

    Raises:
        AwsError: AWS could not be asked.
    """
    nested = stacks.nested(aws, root.id)
    of_file = [each for each in found if each.name in environment.services]
    known = {each: nested.get(logical_id(environment.services[each.name].stack), "") for each in of_file}
    believed = at_once(lambda stack: _task_definition(aws, stack), known.values())
    differing = [
        (each, told) for each, told in zip(known, believed, strict=True) if told and told != each.task_definition
    ]
    looked = at_once(lambda pair: _difference(aws, environment, *pair), differing)
    return [each for each in looked if not each.settles]


def _task_definition(aws: Aws, stack: str) -> str:
    """That of a service's stack; nothing where there is none."""
    resources = stacks.resources(aws, stack) if stack else []
    return next((each.physical_id for each in resources if each.logical_id == "TaskDefinition"), "")


def _difference(aws: Aws, environment: Environment, service: Service, believed: str) -> Difference:
    runs, deployed = both(lambda: services.images(aws, service.task_definition), lambda: services.images(aws, believed))
    wanted = environment.services[service.name].digest or ""
    return Difference(service, believed, runs.get(APP, ""), deployed.get(APP, ""), wanted)


def _is(image: str, digest: str) -> bool:
    return image.endswith(f"@{digest}")


def _revision(task_definition: str) -> str:
    return task_definition.rpartition("/")[2]
