"""What must hold for jobs alone."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean


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
