"""Going back to the version of a service before, while it is being deployed: ECS does that at once."""

from __future__ import annotations

from typing import ClassVar

from tapgen.config.image_names import ecr_repository
from tapgen.config.workload import APP
from tapgen.deploy import guard, rollouts, services
from tapgen.deploy.aws import AwsError
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.status import Observer, ServiceStatus, Snapshot
from tapgen.deploy.watching import watch
from tapgen.errors import TapgenError
from tapgen.layers.registry import repository_name


class NotRolledBackError(TapgenError):
    """ECS was asked to go back, and has not."""

    exit_code: ClassVar[int] = 1


def deploying(observer: Observer, name: str) -> Snapshot | None:
    """How a service is that is being deployed; nothing for one that is not.

    Raises:
        RefusedError: it is not, and the stack is being changed: its turn may come.
        AwsError: AWS could not be asked.
    """
    found = observer.look(name)
    if not found or any(each.going_on for each in found.services):
        return found
    if found.root.state.busy:
        environment = observer.environment.name
        again, remove = f"make rollback SERVICE={name} ENV={environment}", f"make destroy ENV={environment}"
        if found.root.status == "UPDATE_IN_PROGRESS":
            raise RefusedError(
                f"{found.root.name} is being updated, and {name} is not, or not yet",
                f"wait until its turn comes (make watch ENV={environment} shows it) or all is done, then: {again}",
            )
        guard.changeable(found.root, again, remove, observer.aws.region)
    return None


def go_back(observer: Observer, now: Snapshot) -> str:
    """Let ECS roll back a service that is being deployed, and watch it; gives the image that it runs then.

    Raises:
        RefusedError: there is nothing to go back to.
        NotRolledBackError: it was over before, or ECS could not do it.
        AwsError: AWS could not be asked.
    """
    (service,) = now.services
    _stop(observer, service)
    watch(observer, now, service.name)
    found = observer.look(service.name)
    after = next(iter(found.services), None) if found else None
    if not after or not after.rollout or after.rollout.status != "ROLLBACK_SUCCESSFUL":
        how = f"{after.rollout.doing}: {after.rollout.reason}" if after and after.rollout else "it is gone"
        message = f"error: the deployment of {service.name} was not rolled back; {how}"
        raise NotRolledBackError(f"{message}\n = help: make status ENV={observer.environment.name}")
    return services.images(observer.aws, after.service.task_definition)[APP]


def _stop(observer: Observer, service: ServiceStatus) -> None:
    rollout = service.rollout
    if not rollout or rollout.status not in ("PENDING", "IN_PROGRESS"):
        return  # it goes back already
    if rollout.first:
        raise RefusedError(
            f"this is the first deployment of {service.name}: there is no version to go back to",
            f"wait until it is over (make watch ENV={observer.environment.name}), or cancel it in CloudFormation",
        )
    try:
        rollouts.stop(observer.aws, rollout)
    except AwsError as error:
        if error.code != "ConflictException":
            raise
        # It has come to its end meanwhile; the looks that follow tell to which.


def own_digest(observer: Observer, name: str, image: str) -> str:
    """The digest of an image, where it is in our own registry; nothing for those that others publish."""
    found = ecr_repository(image)
    environment = observer.environment
    own = (environment.account, environment.region, repository_name(environment.platform, name))
    return image.partition("@")[2] if found and (found.account, found.region, found.name) == own else ""
