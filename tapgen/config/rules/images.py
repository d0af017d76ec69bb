"""What must hold for the images that tasks run."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.image_names import OURS, PLACEHOLDER, ecr_repository
from tapgen.config.model import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.workload import Workload
from tapgen.credentials import credential
from tapgen.stack import logical_id


def repository_ids(environment: Environment) -> Iterator[Complaint]:
    """Repositories of services are none of those for the images that tapgen brings."""
    taken = {logical_id(OURS), logical_id(PLACEHOLDER)}
    for name in environment.services:
        if logical_id(name) in taken:
            message = f"is what the repositories of tapgen's own images are called: {PLACEHOLDER}"
            yield Complaint(("services", name), message, "", "rename the service", at_key=True)


def built_or_taken(environment: Environment) -> Iterator[Complaint]:
    """An image is built here or by somebody else."""
    for name, service in environment.services.items():
        if service.build and service.image:
            path = ("services", name)
            hint = "keep one of them; `null` takes back what a `service` block says"
            yield Complaint(
                (*path, "image"),
                "is what somebody else builds, and `build` is there too",
                "",
                hint,
                (*path, "build"),
                at_key=True,
            )


def credentials_need_image(environment: Environment) -> Iterator[Complaint]:
    """Credentials are for the registry of an image; those of ECR need none.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html
    """
    for name, service in environment.services.items():
        if not service.image_credentials:
            continue
        path = ("services", name, "image_credentials")
        if not service.image:
            yield Complaint(
                path,
                "are for no `image`",
                "",
                "name the image that is pulled with them",
                at_key=True,
                premises=(("services", name, "image"),),
            )
        elif ecr_repository(service.image):
            hint = "leave them out: the role that starts the task may pull from ECR"
            yield Complaint(
                path, "are for an image in ECR, which takes none", "", hint, ("services", name, "image"), at_key=True
            )


def no_build_credentials(environment: Environment) -> Iterator[Complaint]:
    """Build arguments hold no credentials: they stay in the history of the image.

    https://docs.docker.com/build/building/variables/
    """
    for name, service in environment.services.items():
        for argument, value in (service.build.args if service.build else {}).items():
            if kind := credential(value):
                hint = "anyone who has the image reads it: let the build do without, and replace what was written here"
                yield Complaint(("services", name, "build", "args", argument), f"looks like {kind}", "", hint)


def no_nat_needs_images(environment: Environment) -> Iterator[Complaint]:
    """Without NAT only ECR is in reach, through endpoints, and only in the own Region; ECR Public has none.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    if environment.network.nat != "none":
        return
    for name, service in environment.services.items():
        if not _in_reach(environment, service):
            message = "its image is not in the registry, and without NAT nothing else can be pulled"
            hint = f"run: make images ENV={environment.name}; for a new platform `make render SHARED=yes` and "
            hint += "`make registry` first"
            yield Complaint(("services", name), message, "", hint)


def _in_reach(environment: Environment, service: Workload) -> bool:
    if service.digest:
        return True
    if service.image:
        repository = ecr_repository(service.image)
        return repository is not None and repository.region == environment.region
    return PLACEHOLDER in environment.mirrors
