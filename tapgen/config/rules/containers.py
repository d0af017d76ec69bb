"""What must hold for the containers of a task, and between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tapgen.config.environment import Environment
from tapgen.config.image_names import AGENT, COLLECTOR, CONTAINERS, ENVOY
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.workload import APP, ContainerSettings, Sidecar, Workload, containers
from tapgen.config.yaml.tree import Keys


def _containers(environment: Environment) -> Iterator[tuple[Keys, Keys, Workload, ContainerSettings]]:
    """Every container, with where the file speaks of it and of its workload."""
    for home, workload in environment.workloads.items():
        for path, container in containers(workload):
            yield (*home, *path), home, workload, container


def sidecars_have_images(environment: Environment) -> Iterator[Complaint]:
    """Nothing stands in for a side-car."""
    for path, _, _, container in _containers(environment):
        if isinstance(container, Sidecar) and not container.image:
            hint = f"write `image: docker.io/library/{path[-1]}:1.0`, or what it is"
            yield Complaint(path, "the side-car needs an `image`", "", hint, premises=((*path, "image"),), at_key=True)


def container_names(environment: Environment) -> Iterator[Complaint]:
    """Two containers of a task never have one name.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    for path, _, workload, container in _containers(environment):
        reserved = _reserved(environment, workload)
        if isinstance(container, Sidecar) and path[-1] in reserved:
            message = f"`{path[-1]}` is what {reserved[str(path[-1])]} is called"
            yield Complaint(path, message, "", "choose another name", at_key=True)


def _reserved(environment: Environment, workload: Workload) -> dict[str, str]:
    said = {
        COLLECTOR: "the collector of `telemetry`",
        ENVOY: "the proxy of `mesh.tls`",
        AGENT: "the agent of `mesh.tls`",
    }
    brought = {CONTAINERS[image]: said[image] for image in environment.beside(workload)}
    return {APP: "the container of the service itself"} | brought


def known_needs(environment: Environment) -> Iterator[Complaint]:
    """A container waits for others of its task."""
    for path, home, workload, container in _containers(environment):
        own = path[-1] if isinstance(container, Sidecar) else APP
        others = [name for name in dict.fromkeys((APP, *workload.sidecars)) if name != own]
        for needed in container.needs:
            if needed not in others:
                message = "waits for itself" if needed == own else f"there is no container `{needed}`"
                unknown = did_you_mean(needed, others) or "declare it under `sidecars`"
                hint = "leave it out" if needed == own else unknown
                premises = ((*home, "sidecars", needed),)
                yield Complaint(
                    (*path, "needs", needed), message, ", ".join(others), hint, premises=premises, at_key=True
                )


def needs_can_be_met(environment: Environment) -> Iterator[Complaint]:
    """Who is to be healthy is checked, and who is to finish does not stop the task with that.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
    """
    for path, home, workload, container in _containers(environment):
        for needed, state in container.needs.items():
            place = (*path, "needs", needed)
            if state == "finished" and needed == APP:
                yield Complaint(place, f"`{APP}` stops the task when it finishes", "started, healthy")
            other = workload.sidecars.get(needed)
            if other and state == "healthy" and not other.health.command:
                message = f"`{needed}` never becomes healthy, since nothing checks it"
                yield Complaint(
                    place, message, "", f"give `{needed}` a `health.command`", (*home, "sidecars", needed, "health")
                )
            if other and state == "finished" and other.essential:
                message = f"`{needed}` stops the task when it finishes, since it is essential"
                yield Complaint(
                    place,
                    message,
                    "",
                    f"write `essential: false` at `{needed}`",
                    (*home, "sidecars", needed, "essential"),
                )


def no_circle_of_needs(environment: Environment) -> Iterator[Complaint]:
    """Containers do not wait for each other in a circle: none would ever start."""
    for home, workload in environment.workloads.items():
        graph: dict[str, Mapping[str, str]] = {
            APP: workload.needs,
            **{key: sidecar.needs for key, sidecar in workload.sidecars.items()},
        }
        for start in graph:
            if circle := _circle(graph, start):
                path = (*home, *(() if start == APP else ("sidecars", start)), "needs")
                yield Complaint(path, f"the containers wait for each other: {' -> '.join(circle)}")
                break


def _circle(graph: Mapping[str, Mapping[str, str]], start: str) -> list[str]:
    """The way from *start* back to itself; nothing where there is none."""
    ways, seen = [[start]], set[str]()
    while ways:
        way = ways.pop()
        for needed in graph.get(way[-1], {}):
            if needed == start:
                return [*way, start]
            if needed not in seen:
                seen.add(needed)
                ways.append([*way, needed])
    return []


def distinct_mounts(environment: Environment) -> Iterator[Complaint]:
    """Two directories of a container are not at the same place."""
    for path, _, _, container in _containers(environment):
        seen = dict.fromkeys(container.scratch, "scratch")
        for name, place in container.volumes.items():
            if place in seen:
                yield Complaint((*path, "volumes", name), f"`{place}` is a directory of `{seen[place]}` already")
            seen.setdefault(place, f"volumes.{name}")


def scratch_fits(environment: Environment) -> Iterator[Complaint]:
    """What containers keep in memory leaves them some.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tmpfs.html
    """
    for home, workload in environment.workloads.items():
        total = sum(sum(container.scratch.values()) for _, container in containers(workload))
        if total >= workload.memory:
            message = f"{total} MiB of directories in memory leave nothing of the {workload.memory} MiB of `memory`"
            yield Complaint((*home, "scratch"), message, "", "", (*home, "memory"))


def sidecars_fit(environment: Environment) -> Iterator[Complaint]:
    """Side-cars leave something of the task to the workload.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
    """
    for home, workload in environment.workloads.items():
        for size, whole in (("cpu", workload.cpu), ("memory", workload.memory)):
            total = sum(getattr(sidecar, size) or 0 for sidecar in workload.sidecars.values())
            if total >= whole:
                message = f"the side-cars take {total} of the {whole} of `{size}`, and leave nothing to the service"
                yield Complaint((*home, "sidecars"), message, "", "", (*home, size))
