"""What the security groups and their rules are called: the logical ids of the firewall's template."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.data import remaining
from tapgen.config.environment import Environment
from tapgen.config.yaml.tree import Keys
from tapgen.stack import logical_id

LOAD_BALANCER = "LoadBalancer"
"""What the load balancer is called where it stands beside services."""

ENDPOINTS = "Endpoints"
"""What the interface endpoints are called where they stand beside services."""

TESTER = "Tester"
"""What the function that asks new versions is called where it stands beside services."""


def group_name(member: str) -> str:
    """The security group of a service, job or database, or of what stands beside them."""
    return f"{logical_id(member)}Group"


def call_name(caller: str, callee: str, port: str = "") -> str:
    """The rule that lets *caller* reach *callee*, at the port of that name or at its main one."""
    return f"{logical_id(caller)}To{logical_id(f'{callee}-{port}')}"


def balancer_port_name(port: int) -> str:
    """The rule that lets the load balancer out to a port, whichever services listen on it."""
    return f"{LOAD_BALANCER}ToPort{port}"


def titles(environment: Environment) -> Iterator[tuple[str, Keys]]:
    """Every logical id of the firewall's template, with the path of what it is there for."""
    own = not environment.ingress.existing
    if environment.public and own:
        yield group_name(LOAD_BALANCER), ("ingress",)
    if environment.network.has_interface_endpoints:
        yield group_name(ENDPOINTS), ("network", "endpoints")
    for name in list(environment.tested)[:1] if own else ():
        yield group_name(TESTER), ("services", name, "deployment", "test")
        yield call_name(TESTER, LOAD_BALANCER), ("services", name, "deployment", "test")
    for path, workload in environment.workloads.items():
        yield group_name(workload.name), path
    for name in remaining(environment.databases):
        yield group_name(name), ("databases", name)
    ports: dict[int, str] = {}
    for name, service in environment.public.items():
        yield call_name(LOAD_BALANCER, name), ("services", name, "path")
        for purpose, port in environment.doors.balanced(service).items():
            if purpose:
                yield call_name(LOAD_BALANCER, name, purpose), ("services", name, "health", "port")
            ports.setdefault(port, name)
    for port, name in ports.items() if own else ():
        yield balancer_port_name(port), ("services", name, "port")
    yield from _calls(environment)
    yield from _connections(environment)


def _connections(environment: Environment) -> Iterator[tuple[str, Keys]]:
    for path, workload in environment.workloads.items():
        for database in workload.connects:
            yield call_name(workload.name, database), (*path, "access", database)


def _calls(environment: Environment) -> Iterator[tuple[str, Keys]]:
    for name, service in environment.services.items():
        for position, callee in enumerate(dict.fromkeys(service.calls)):
            called = environment.services.get(callee)
            for port in called.listens if called else ():
                yield call_name(name, callee, "" if port == callee else port), ("services", name, "calls", position)
