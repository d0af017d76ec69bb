"""What must hold for the traffic between services."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.fargate import smallest
from tapgen.config.mesh import GATEWAY, RESERVED
from tapgen.config.rules.complaint import Complaint

MOST_CALLED = 8
"""How many ports a service can call where `mesh.tls` is `mutual`."""


def mesh_timeouts(environment: Environment) -> Iterator[Complaint]:
    """A request may take its time: a connection that waits for the answer is idle.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TimeoutConfiguration.html
    """
    request, idle = environment.mesh.request_timeout, environment.mesh.idle_timeout
    if request > idle:
        message = f"{request} seconds is longer than `idle_timeout`, which is {idle}"
        yield Complaint(("mesh", "request_timeout"), message, against=("mesh", "idle_timeout"))


def room_for_proxies(environment: Environment) -> Iterator[Complaint]:
    """What the mesh needs of a task leaves the service as much as the smallest task has.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
    """
    least_cpu, least_memory = smallest(0, 0)
    for name, service in environment.services.items():
        cpu, memory = environment.doors.room(service)
        beside = [*service.sidecars.values()]
        others = sum(each.cpu or 0 for each in beside), sum(each.memory or 0 for each in beside)
        needed, wanted = cpu + others[0] + least_cpu, memory + others[1] + least_memory
        if cpu and (service.cpu < needed or service.memory < wanted):
            taken = f"its proxy takes {cpu} and {memory} MiB of it"
            if any(others):
                taken += f", its side-cars {others[0]} and {others[1]} MiB"
            message = f"{service.cpu} with {service.memory} MiB is too small: {taken}"
            more = smallest(needed, max(wanted, service.memory))
            hint = f"write `cpu: {more[0]}` and `memory: {more[1]}`, or `mesh: {{tls: off}}`"
            path = ("services", name)
            yield Complaint((*path, "cpu"), message, "", hint, ("mesh", "tls"), premises=((*path, "memory"),))


def ports_of_proxies(environment: Environment) -> Iterator[Complaint]:
    """A container does not listen where Envoy does, in the same task."""
    reserved = RESERVED.get(environment.mesh.mode, ())
    known = f"{reserved[0]} to {reserved[-1]}" if isinstance(reserved, range) else ", ".join(map(str, reserved))
    for name, service in environment.services.items():
        said = {("port",): service.port, ("health", "port"): service.health.port}
        said |= {("ports", key): port for key, port in service.ports.items()}
        for path, port in said.items():
            if port in reserved and environment.doors.joins(service):
                message = f"{port} is among the ports of Envoy, which runs beside the service"
                yield Complaint(("services", name, *path), message, f"anything but {known}", against=("mesh", "tls"))


def ways_out(environment: Environment) -> Iterator[Complaint]:
    """What Envoy is told fits into a task definition: a port that is called takes 4.5 of its 64 KiB.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
    """
    if environment.mesh.tls != "mutual":
        return
    for name, service in environment.services.items():
        called = [callee for callee in service.calls if callee in environment.services]
        count = sum(len(environment.services[callee].listens) for callee in called)
        if count > MOST_CALLED:
            message = f"the {count} ports that `{name}` calls do not fit into its task definition"
            hint = "call fewer, or split the service"
            yield Complaint(
                ("services", name, "calls"), message, f"at most {MOST_CALLED}", hint, against=("mesh", "tls")
            )


LONGEST_REQUEST = 15
"""Seconds after which App Mesh cuts a request that no virtual router gives more.

Source: https://docs.aws.amazon.com/app-mesh/latest/APIReference/API_HttpTimeout.html
"""

APP_MESH = ("mesh", "app_mesh")


def one_mesh(environment: Environment) -> Iterator[Complaint]:
    """App Mesh takes the place of Service Connect, and brings mutual TLS.

    https://docs.aws.amazon.com/app-mesh/latest/userguide/mutual-tls.html ,
    https://aws.amazon.com/blogs/containers/migrating-from-aws-app-mesh-to-amazon-ecs-service-connect/
    """
    mesh = environment.mesh
    if mesh.app_mesh and mesh.tls != "off":
        message = f"`{mesh.tls}` is a mode of Service Connect, and App Mesh takes its place"
        yield Complaint(("mesh", "tls"), message, "off", "keep one of them", APP_MESH)
    if mesh.app_mesh and mesh.request_timeout > LONGEST_REQUEST:
        message = f"{mesh.request_timeout} seconds: App Mesh as it is rendered here cuts requests earlier"
        yield Complaint(("mesh", "request_timeout"), message, f"at most {LONGEST_REQUEST}", against=APP_MESH)


def app_mesh_reaches_aws(environment: Environment) -> Iterator[Complaint]:
    """Envoy comes from ECR Public, which has no endpoint.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    if environment.mesh.app_mesh and environment.network.nat == "none":
        message = "`none` leaves the Envoy of App Mesh out of reach"
        yield Complaint(("network", "nat"), message, "single, per-az, regional", against=APP_MESH)


def name_of_gateway(environment: Environment) -> Iterator[Complaint]:
    """Nothing else is called like the gateway."""
    if environment.mesh.app_mesh and environment.public:
        taken = [*environment.workloads, *(("databases", name) for name in environment.databases)]
        for path in taken:
            if path[-1] == GATEWAY:
                message = "is what the gateway of App Mesh is called"
                yield Complaint(path, message, "", "choose another name", APP_MESH, at_key=True)


def within_app_mesh(environment: Environment) -> Iterator[Complaint]:
    """No word is said that the App Mesh rendered here would pass over."""
    if not environment.mesh.app_mesh:
        return
    for name, service in environment.services.items():
        unheard: dict[str, object] = {}
        if service.name in environment.public:
            unheard |= {"protocol": service.protocol != "http", "sticky": service.sticky}
            unheard |= {"slow_start": service.slow_start, "priority": service.priority}
            unheard |= {
                "scaling.requests": service.scaling.requests,
                "health.target.status": service.health.target.status,
            }
        if environment.doors.joins(service):
            unheard["ports"] = service.ports
        for word in (word for word, said in unheard.items() if said):
            message = "is not rendered for App Mesh: its gateway speaks HTTP/1.1, and a service has one port"
            path = ("services", name, *word.split("."))
            yield Complaint(path, message, "", "leave it out, or use `tls: mutual` instead", APP_MESH, at_key=True)


def calls_through_envoy(environment: Environment) -> Iterator[Complaint]:
    """Nobody is called at a port that passes by Envoy, as those of `egress` and of databases do.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ProxyConfiguration.html
    """
    if not environment.mesh.app_mesh:
        return
    for name, service in environment.services.items():
        past = {way.port for way in service.egress}
        past |= {environment.databases[each].port for each in service.connects if each in environment.databases}
        for callee in (environment.services[each] for each in service.calls if each in environment.services):
            if callee.port in past:
                message = f"{callee.port} is also a port of the `egress` or the databases of `{name}`, which calls it"
                path, hint = ("services", callee.name, "port"), "let it listen at another port"
                yield Complaint(path, message, "", hint, ("services", name, "egress"))
