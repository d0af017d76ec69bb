"""Going back to the version of a service before, while it is being deployed: ECS does that at once."""

from __future__ import annotations

from typing import ClassVar

from tapgen.config.image_names import ecr_repository
from tapgen.config.workload import APP
from tapgen.deploy import guard, rollouts, services
from tapgen.deploy.aws import AwsError
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.rollouts import Rollout
from tapgen.deploy.status import Observer, ServiceStatus, Snapshot
from tapgen.deploy.watching import watch
from tapgen.errors import TapgenError
from tapgen.layers.registry import repository_name


class NotRolledBackError(TapgenError):
    """ECS was asked to go back, and has not."""

    exit_code: ClassVar[int] = 1


def deploying(observer: Observer, name: str) -> Rollout | None:
    """The deployment of a service that is going on, if there is one.

    Raises:
        RefusedError: there is none, and the stack is being changed: its turn may come.
        AwsError: AWS could not be asked.
    """
    found = observer.look(name)
    rollout = next((each.rollout for each in found.services if each.going_on), None) if found else None
    if found and found.root.state.busy and not rollout:
        environment = observer.environment.name
        again, remove = f"make rollback SERVICE={name} ENV={environment}", f"make destroy ENV={environment}"
        guard.changeable(found.root, again, remove, observer.aws.region)
    return rollout


def go_back(observer: Observer, name: str, rollout: Rollout) -> str:
    """Let ECS roll a deployment back and watch it; gives the image that the service runs then.

    Raises:
        RefusedError: there is nothing to go back to.
        NotRolledBackError: it was over before, or ECS could not do it.
        AwsError: AWS could not be asked.
    """
    if rollout.first:
        raise RefusedError(
            f"this is the first deployment of {name}: there is no version to go back to",
            f"wait until it is over (make watch ENV={observer.environment.name}), or cancel it in CloudFormation",
        )
    if rollout.status in ("PENDING", "IN_PROGRESS"):
        try:
            rollouts.stop(observer.aws, rollout)
        except AwsError as error:
            if error.code != "ConflictException":
                raise
            # It has come to its end meanwhile; the look that follows tells to which.
    if first := observer.look(name):
        watch(observer, first, name)
    after = _service(observer.look(name))
    if not after or not after.rollout or after.rollout.status != "ROLLBACK_SUCCESSFUL":
        how = f"{after.rollout.doing}: {after.rollout.reason}" if after and after.rollout else "it is gone"
        raise NotRolledBackError(f"error: the deployment of {name} was not rolled back; {how}\n = help: make status")
    return services.images(observer.aws, after.service.task_definition)[APP]


def own_digest(observer: Observer, name: str, image: str) -> str:
    """The digest of an image, where it is in our own registry; nothing for those that others publish."""
    found = ecr_repository(image)
    environment = observer.environment
    own = (environment.account, environment.region, repository_name(environment.platform, name))
    return image.partition("@")[2] if found and (found.account, found.region, found.name) == own else ""


def _service(found: Snapshot | None) -> ServiceStatus | None:
    return next(iter(found.services), None) if found else None
