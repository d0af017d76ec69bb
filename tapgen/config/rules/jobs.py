"""What must hold for jobs, and for the services that they migrate for."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.job import Job
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.yaml.tree import Keys


def image_of_service(environment: Environment) -> Iterator[Complaint]:
    """The image that a job borrows is that of a service."""
    for name, job in environment.jobs.items():
        if job.image_of is not None and job.image_of not in environment.services:
            known = ", ".join(environment.services)
            hint = did_you_mean(job.image_of, environment.services) or "leave it out where the job has its own image"
            message = f"there is no service `{job.image_of}`"
            premises = (("services", job.image_of),)
            yield Complaint(("jobs", name, "image_of"), message, known, hint, premises=premises)


def one_image(environment: Environment) -> Iterator[Complaint]:
    """A job that borrows an image has none of its own."""
    for name, job in environment.jobs.items():
        service = environment.services.get(job.image_of or "")
        own = "build" if job.build else "image"
        if service and (job.build or job.image != service.image):
            path = ("jobs", name, "image_of")
            yield Complaint(path, f"is a second image beside `{own}`", "", "keep one of them", ("jobs", name, own))


def same_architecture(environment: Environment) -> Iterator[Complaint]:
    """A borrowed image is built for one architecture.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-arm64.html
    """
    for name, job in environment.jobs.items():
        service = environment.services.get(job.image_of or "")
        if service and service.architecture != job.architecture:
            message = f"{job.architecture} is not the architecture of `{service.name}`, whose image it runs"
            path = ("jobs", name, "architecture")
            against = ("services", service.name, "architecture")
            yield Complaint(
                path, message, service.architecture, f"write `architecture: {service.architecture}`", against
            )


def known_migration(environment: Environment) -> Iterator[Complaint]:
    """What migrates for a service is a job."""
    for name, service in environment.services.items():
        if service.migrate is not None and service.migrate not in environment.jobs:
            known = ", ".join(environment.jobs)
            hint = did_you_mean(service.migrate, environment.jobs) or f"declare it: jobs: {{{service.migrate}: ...}}"
            message, premises = f"there is no job `{service.migrate}`", (("jobs", service.migrate),)
            yield Complaint(("services", name, "migrate"), message, known, hint, premises=premises)


def migration_not_by_the_clock(environment: Environment) -> Iterator[Complaint]:
    """A job that migrates starts with a new version, and at no other time by itself."""
    for path, job in _migrations(environment):
        if job.schedule:
            message, hint = f"`{job.name}` would run by the clock too", "give the schedule to a job of its own"
            yield Complaint(path, message, "", hint, premises=(("jobs", job.name, "schedule"),))


def migration_of_its_version(environment: Environment) -> Iterator[Complaint]:
    """A migration moves with the version of the service, or has a version of its own; not that of a third.

    With an image of its own it is the user who brings out both together; with another's nobody could.
    """
    for path, job in _migrations(environment):
        _, name, _ = path
        if job.image_of not in (None, name):
            message = f"`{job.name}` runs the version of `{job.image_of}`, and not that of `{name}`"
            hint = f"say `image_of: {name}` there, or give it an image of its own"
            yield Complaint(path, message, "", hint, premises=(("jobs", job.name, "image_of"),))


def one_service_each(environment: Environment) -> Iterator[Complaint]:
    """A job migrates for one service: for two it would run twice, at the same time."""
    first: dict[str, Keys] = {}
    for path, job in _migrations(environment):
        if job.name in first:
            message = f"`{job.name}` migrates for `{first[job.name][1]}` already, and would run twice at the same time"
            yield Complaint(path, message, "", "keep one of them, or declare a job for each", first[job.name])
        first.setdefault(job.name, path)


def _migrations(environment: Environment) -> Iterator[tuple[Keys, Job]]:
    """The jobs that migrate, and where it is said for which service."""
    for name, service in environment.services.items():
        if job := environment.jobs.get(service.migrate or ""):
            yield ("services", name, "migrate"), job
