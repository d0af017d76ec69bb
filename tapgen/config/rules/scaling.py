"""What must hold for scaling."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean


def requests_need_path(environment: Environment) -> Iterator[Complaint]:
    """Only requests that the load balancer sends are counted.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/target-tracking-create-policy.html
    """
    for name, service in environment.services.items():
        if service.scaling.requests and name not in environment.public:
            message = "there are no requests to count, since the load balancer sends none to the service"
            premises = (("services", name, "path"), ("services", name, "host"))
            path = ("services", name, "scaling", "requests")
            yield Complaint(path, message, "", "give the service a `path`, or leave it out", premises=premises)


def known_queue(environment: Environment) -> Iterator[Complaint]:
    """A service scales with a queue that it works off."""
    queues = [name for name, word in environment.usable.items() if word == "queues"]
    for name, service in environment.services.items():
        queue = service.scaling.queue
        if not queue:
            continue
        path = ("services", name, "scaling", "queue", "name")
        if queue.name not in queues:
            hint = did_you_mean(queue.name, queues) or "declare it under `queues`"
            message, premises = f"there is no queue `{queue.name}`", (("queues", queue.name),)
            yield Complaint(path, message, ", ".join(queues), hint, premises=premises)
        elif "consume" not in service.access.get(queue.name, ()):
            message, hint = f"`{name}` does not consume `{queue.name}`", f"write `access: {{{queue.name}: [consume]}}`"
            yield Complaint(path, message, "", hint, premises=(("services", name, "access"),))


def nobody_sleeps_for_ever(environment: Environment) -> Iterator[Complaint]:
    """Where no task runs, something must start one, and nobody must need an answer.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-step-scaling-policies.html
    """
    for name, service in environment.services.items():
        path = ("services", name, "tasks", "min")
        if service.tasks.min == 0 and service.port:
            message = "0 tasks cannot answer whoever calls the service"
            yield Complaint(path, message, "at least 1", "", ("services", name, "port"))
        elif service.tasks.min == 0 and not service.scaling.queue:
            message, hint = "0 tasks would stay 0: nothing starts one", "name a queue under `scaling`, or let 1 run"
            yield Complaint(path, message, "", hint, premises=(("services", name, "scaling"),))
