"""What must hold for the size, the number, the health and the place of tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.fargate import MEMORY
from tapgen.config.rules.complaint import Complaint
from tapgen.config.service import Service


def fargate_sizes(environment: Environment) -> Iterator[Complaint]:
    """Fargate has certain pairs of CPU and memory only.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
    """
    for path, workload in environment.workloads.items():
        if workload.memory not in MEMORY[workload.cpu]:
            message = f"Fargate has no tasks of {workload.memory} MiB with {workload.cpu} CPU units"
            allowed = _steps(MEMORY[workload.cpu])
            yield Complaint((*path, "memory"), message, allowed, against=(*path, "cpu"))


def _steps(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= 8:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"


def task_counts(environment: Environment) -> Iterator[Complaint]:
    """The least number of tasks is not above the greatest."""
    for name, service in environment.services.items():
        low, high = service.tasks.min, service.tasks.max
        if low > high:
            tasks = ("services", name, "tasks")
            yield Complaint(
                (*tasks, "min"), f"{low} is more than `tasks.max`, which is {high}", against=(*tasks, "max")
            )
        for key, bounds in service.scaling.schedule.items():
            if bounds.min > bounds.max:
                message = f"{bounds.min} is more than `max`, which is {bounds.max}"
                scheduled = ("services", name, "scaling", "schedule", key)
                yield Complaint((*scheduled, "min"), message, against=(*scheduled, "max"))


def room_to_deploy(environment: Environment) -> Iterator[Complaint]:
    """A rolling deployment can go on: it may start a task, or stop one. What may run is rounded down, what must, up.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
    """
    for name, service in environment.services.items():
        said, (least, least_at) = service.deployment, _least(service)
        stays = -(-least * said.min_percent // 100)
        if not said.coloured and stays == least and least * said.max_percent // 100 <= least:
            counted = "one task" if least == 1 else f"the {least} tasks"
            message = (
                f"{said.max_percent} percent of {counted} of `{name}` are no more than {least}: no new one could start"
            )
            allowed = f"at least {100 + -(-100 // least)}"
            against = ("services", name, *least_at)
            yield Complaint(("services", name, "deployment", "max_percent"), message, allowed, against=against)


def _least(service: Service) -> tuple[int, tuple[str, ...]]:
    """The least number of tasks to be replaced, and what says it: where none can run, there are none."""
    bounds: dict[tuple[str, ...], int] = {("tasks", "min"): service.tasks.min}
    scheduled = service.scaling.schedule.items()
    bounds |= {("scaling", "schedule", key, "min"): each.min for key, each in scheduled if each.max}
    at = min(bounds, key=lambda each: bounds[each])
    return max(bounds[at], 1), at


def target_timeout(environment: Environment) -> Iterator[Complaint]:
    """A check of the load balancer ends before the next begins.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    for name, service in environment.services.items():
        yield from _timeout(name, "target", service.health.target.timeout, service.health.target.interval)


def container_timeout(environment: Environment) -> Iterator[Complaint]:
    """A check of the container ends before the next begins.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
    """
    for name, service in environment.services.items():
        yield from _timeout(name, "container", service.health.container.timeout, service.health.container.interval)


def _timeout(name: str, kind: str, timeout: int, interval: int) -> Iterator[Complaint]:
    if timeout >= interval:
        check = ("services", name, "health", kind)
        message = f"{timeout} seconds is not shorter than `interval`, which is {interval}"
        yield Complaint((*check, "timeout"), message, against=(*check, "interval"))


CODES = {"http": range(200, 500), "http2": range(200, 500), "grpc": range(100)}
"""What a healthy answer can be, by protocol.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
"""


def success_codes(environment: Environment) -> Iterator[Complaint]:
    """What counts as a healthy answer is one of the codes that there are in the protocol, or several.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
    """
    for name, service in environment.services.items():
        codes, here = service.health.target.status, CODES[service.protocol]
        if codes and not all(int(code) in here for code in re.split("[,-]", codes)):
            path = ("services", name, "health", "target", "status")
            message = f"{codes} is more than a healthy answer in {service.protocol} can be"
            yield Complaint(path, message, f"{here[0]} to {here[-1]}", against=("services", name, "protocol"))


def grace_period(environment: Environment) -> Iterator[Complaint]:
    """A task may start for as long as its container's own check allows, before the load balancer's opinion counts.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-healthcheck.html
    """
    for name, service in environment.services.items():
        health = service.health
        if service.paths and health.container.command != () and health.grace < health.container.start:
            path = ("services", name, "health")
            message = (
                f"{health.grace} seconds is shorter than `health.container.start`, which is {health.container.start}"
            )
            yield Complaint((*path, "grace"), message, against=(*path, "container", "start"))


def drain_on_spot(environment: Environment) -> Iterator[Complaint]:
    """A reclaimed Spot task is told to stop at once, so requests under way must end before it is killed.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    for name, service in environment.services.items():
        if service.paths and _uses_spot(service) and service.drain > service.stop_timeout:
            message = f"{service.drain} seconds is longer than `stop_timeout`, which is {service.stop_timeout}"
            hint = "a task on Spot would be killed while it serves; shorten it, or set `capacity.spot.weight: 0`"
            yield Complaint(("services", name, "drain"), message, "", hint, ("services", name, "stop_timeout"))


def _uses_spot(service: Service) -> bool:
    return service.capacity.spot.weight > 0 or service.capacity.spot.base > 0


def base_on_one_provider(environment: Environment) -> Iterator[Complaint]:
    """Only one capacity provider can have a base.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
    """
    for name, service in environment.services.items():
        base, other = service.capacity.spot.base, service.on_demand_base
        if base > 0 and other > 0:
            message = f"{base} is a second base beside `on_demand.base`, which is {other}"
            capacity = ("services", name, "capacity")
            hint = "write `on_demand: {base: 0}` where all tasks may run on Spot"
            yield Complaint((*capacity, "spot", "base"), message, "0", hint, (*capacity, "on_demand", "base"))


def weights(environment: Environment) -> Iterator[Complaint]:
    """At least one capacity provider has a share of the tasks.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
    """
    for name, service in environment.services.items():
        if service.capacity.on_demand.weight == service.capacity.spot.weight == 0:
            capacity = ("services", name, "capacity")
            message = "0 leaves no place for tasks, since the weight of `on_demand` is 0 too"
            yield Complaint(
                (*capacity, "spot", "weight"),
                message,
                "",
                "give one of them a weight",
                (*capacity, "on_demand", "weight"),
            )


def base_within_maximum(environment: Environment) -> Iterator[Complaint]:
    """A base is not above the greatest number of tasks."""
    for name, service in environment.services.items():
        for provider, base in (("on_demand", service.capacity.on_demand.base), ("spot", service.capacity.spot.base)):
            if base and base > service.tasks.max:
                message = f"{base} is more than `tasks.max`, which is {service.tasks.max}"
                path = ("services", name, "capacity", provider, "base")
                yield Complaint(path, message, against=("services", name, "tasks", "max"))


def exec_needs_writable_root(environment: Environment) -> Iterator[Complaint]:
    """ECS Exec does not work in a container that cannot write to its root file system.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    closed = {path: workload for path, workload in environment.workloads.items() if workload.read_only}
    if environment.cluster.exec and closed:
        names = ", ".join(workload.name for workload in closed.values())
        message = f"ECS Exec needs a writable root file system, and it is read-only in {names}"
        kinds = dict.fromkeys(workload.kind for workload in closed.values())
        hint = f"write {' and '.join(f'`{kind}: {{read_only: false}}`' for kind in kinds)} beside `cluster`"
        premises = tuple((*path, "read_only") for path in closed)
        yield Complaint(("cluster", "exec"), message, "", hint, premises=premises)
