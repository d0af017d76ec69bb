"""What must hold for ports, and for paths on the internet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from tapgen.config.model import Environment
from tapgen.config.priority import band, rule_priority
from tapgen.config.rules.complaint import Complaint
from tapgen.config.service import Service


def distinct_ports(environment: Environment) -> Iterator[Complaint]:
    """A container listens once on each port."""
    for name, service in environment.services.items():
        seen = {service.port: "port"}
        for key, port in service.ports.items():
            if port in seen:
                yield Complaint(("services", name, "ports", key), f"{port} is the port of `{seen[port]}` too")
            seen.setdefault(port, f"ports.{key}")


def ports_need_port(environment: Environment) -> Iterator[Complaint]:
    """More ports are more than one."""
    for name, service in environment.services.items():
        if service.ports and service.port is None:
            message, hint = "there are more ports, but no `port`", "give the service a `port`"
            yield Complaint(("services", name, "ports"), message, "", hint, premises=(("services", name, "port"),))


def path_needs_port(environment: Environment) -> Iterator[Complaint]:
    """What the load balancer reaches listens somewhere."""
    for name, service in environment.public.items():
        if service.port is None:
            message = f"{service.path!r} leads nowhere, since the service has no `port`"
            hint = "give the service a `port`"
            yield Complaint(("services", name, "path"), message, "", hint, premises=(("services", name, "port"),))


def routing_needs_path(environment: Environment) -> Iterator[Complaint]:
    """How a path is routed needs a path."""
    for name, service in environment.services.items():
        if service.path is not None:
            continue
        path = ("services", name, "path")
        if service.strip_prefix:
            message = "there is nothing to strip, since the service has no `path`"
            yield Complaint(("services", name, "strip_prefix"), message, premises=(path,))
        if service.priority is not None:
            message = "there is nothing to order, since the service has no `path`"
            yield Complaint(("services", name, "priority"), message, premises=(path,))


def distinct_paths(environment: Environment) -> Iterator[Complaint]:
    """A path leads to one service."""
    owner: dict[str | None, str] = {}
    for name, service in environment.public.items():
        if service.path in owner:
            yield Complaint(("services", name, "path"), f"{service.path!r} leads to `{owner[service.path]}` already")
        owner.setdefault(service.path, name)


def distinct_priorities(environment: Environment) -> Iterator[Complaint]:
    """Each rule of a listener has a priority of its own.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
    """
    services = environment.public
    taken = {name: rule_priority(service) for name, service in services.items()}
    for one, other in combinations(services, 2):
        if taken[one] == taken[other] and services[one].path != services[other].path:
            name, beside = (one, other) if services[one].priority and not services[other].priority else (other, one)
            message = f"{taken[name]} is the priority of `{beside}` too"
            yield Complaint(("services", name, "priority"), message, "", _free(services[name], set(taken.values())))


def _free(service: Service, taken: set[int | None]) -> str:
    """The nearest priority that nobody has, among those of equally specific paths."""
    near = rule_priority(service) or 0
    free = min((n for n in band(service.path or "/") if n not in taken), key=lambda n: abs(n - near), default=None)
    return f"write `priority: {free}`, which is free" if free else "leave `priority` out"


def reachable_paths(environment: Environment) -> Iterator[Complaint]:
    """No path is hidden by a shorter one that is tried before it; the lowest number is tried first.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
    """
    services = environment.public
    priorities = {name: rule_priority(service) or 0 for name, service in services.items()}
    owners = {service.path: name for name, service in services.items()}
    hidden: dict[str, list[str]] = {}
    for long, inner in services.items():
        for short in (owners[path] for path in _above(inner.path or "") if path in owners):
            if priorities[short] < priorities[long]:
                hidden.setdefault(short, []).append(long)
    for short, inside in hidden.items():
        last = max(inside, key=lambda name: priorities[name])
        paths = ", ".join(f"{services[name].path} ({priorities[name]})" for name in inside)
        message = f"{priorities[short]} is tried before {paths}, so that {services[short].path} hides them"
        allowed, hint = f"more than {priorities[last]}", "leave `priority` out: more specific paths come first then"
        yield Complaint(("services", short, "priority"), message, allowed, hint, ("services", last, "priority"))


def _above(path: str) -> list[str]:
    """The paths that cover *path*: `/` and `/a` for `/a/b`."""
    steps = path.split("/")[1:-1]
    above = ["/" + "/".join(steps[:count]) for count in range(len(steps) + 1)]
    return above if path != "/" else []
