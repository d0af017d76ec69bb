"""What must hold for the images that tasks run."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.image_names import BESIDE, COLLECTOR, OURS, PLACEHOLDER, ecr_repository, sidecar_image
from tapgen.config.rules.complaint import Complaint
from tapgen.config.workload import Workload
from tapgen.config.yaml.tree import Keys
from tapgen.credentials import credential
from tapgen.stack import logical_id


def repository_ids(environment: Environment) -> Iterator[Complaint]:
    """Every repository has a logical id of its own: of a workload, of its side-cars, of what tapgen brings."""
    first = {logical_id(name): name for name in (OURS, PLACEHOLDER, *BESIDE)}
    for home, workload in environment.workloads.items():
        names: dict[Keys, str] = {home: workload.name}
        names |= {(*home, "sidecars", each): sidecar_image(workload.name, each) for each in workload.sidecars}
        for path, name in names.items():
            other = first.setdefault(logical_id(name), name)
            if other != name or name == OURS:
                message = f"its repository would be called like that of {other}"
                yield Complaint(path, message, "", "choose another name", at_key=True)


def built_or_taken(environment: Environment) -> Iterator[Complaint]:
    """An image is built here or by somebody else."""
    for path, workload in environment.workloads.items():
        if workload.build and workload.image:
            hint = f"keep one of them; `null` takes back what a `{workload.kind}` block says"
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
    for here, workload in environment.workloads.items():
        if not workload.image_credentials:
            continue
        path, image = (*here, "image_credentials"), (*here, "image")
        if not workload.image:
            yield Complaint(
                path,
                "are for no `image`",
                "",
                "name the image that is pulled with them",
                at_key=True,
                premises=(image,),
            )
        elif ecr_repository(workload.image):
            hint = "leave them out: the role that starts the task may pull from ECR"
            yield Complaint(path, "are for an image in ECR, which takes none", "", hint, image, at_key=True)


def no_build_credentials(environment: Environment) -> Iterator[Complaint]:
    """Build arguments hold no credentials: they stay in the history of the image.

    https://docs.docker.com/build/building/variables/
    """
    for path, workload in environment.workloads.items():
        for argument, value in (workload.build.args if workload.build else {}).items():
            if kind := credential(value):
                hint = "anyone who has the image reads it: let the build do without, and replace what was written here"
                yield Complaint((*path, "build", "args", argument), f"looks like {kind}", "", hint)


def no_nat_needs_images(environment: Environment) -> Iterator[Complaint]:
    """Without NAT only ECR is in reach, through endpoints, and only in the own Region; ECR Public has none.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    if environment.network.nat != "none":
        return
    hint = f"run: make images ENV={environment.name}; for a new platform `make render SHARED=yes` and "
    hint += "`make registry` first"
    for home, workload in environment.workloads.items():
        for path in _out_of_reach(environment, workload):
            message = "its image is not in the registry, and without NAT nothing else can be pulled"
            yield Complaint((*home, *path), message, "", hint, at_key=bool(path))


def _out_of_reach(environment: Environment, workload: Workload) -> Iterator[Keys]:
    """Where the file speaks of the containers of a task whose images cannot be pulled."""
    known = environment.mirrors
    if (
        not workload.digest
        and not _is_near(environment, workload.image)
        and (workload.image or PLACEHOLDER not in known)
    ):
        yield ()
    for name, sidecar in workload.sidecars.items():
        if sidecar_image(workload.name, name) not in known and not _is_near(environment, sidecar.image):
            yield ("sidecars", name)
    if missing := [name for name in environment.beside(workload) if name not in known]:
        yield ("telemetry",) if COLLECTOR in missing else ()


def _is_near(environment: Environment, image: str | None) -> bool:
    repository = ecr_repository(image or "")
    return repository is not None and repository.region == environment.region
