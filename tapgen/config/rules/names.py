"""What must hold for names, once they are put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tapgen.config.complaint import Complaint
from tapgen.config.model import Environment
from tapgen.config.tree import Path
from tapgen.stack import logical_id

STACK_NAME = 128
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

RANDOM = 13
"""So many random characters end the name of a nested stack: `shop-dev-ServicePayment-1ABCDEFGHIJKL`."""

OTHER_GROUPS = ("LoadBalancer", "Endpoints")
"""Whose security groups are beside those of the services."""

DISCOVERY_NAME = 64
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectService.html"""


def service_ids(environment: Environment) -> Iterator[Complaint]:
    """Every service has a logical id of its own."""
    yield from _ids(("services",), environment.services)


def secret_ids(environment: Environment) -> Iterator[Complaint]:
    """Every secret has a logical id of its own."""
    yield from _ids(("secrets",), environment.secrets)


def port_ids(environment: Environment) -> Iterator[Complaint]:
    """Every port of a service has a logical id of its own."""
    for name, service in environment.services.items():
        yield from _ids(("services", name, "ports"), service.ports)


def _ids(path: Path, names: Iterable[str]) -> Iterator[Complaint]:
    seen: dict[str, str] = {}
    for name in names:
        title = logical_id(name)
        if title in seen:
            message = f"`{name}` and `{seen[title]}` are both {title} as a logical id"
            yield Complaint((*path, name), message, "", "rename one of them", at_key=True)
        seen.setdefault(title, name)


def stack_names(environment: Environment) -> Iterator[Complaint]:
    """The name of each nested stack fits, which CloudFormation composes.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    """
    room = STACK_NAME - len(environment.stack_name) - RANDOM - 2
    for name in environment.services:
        title = logical_id(f"service-{name}")
        if len(title) > room:
            composed = f"{environment.stack_name}-{title}-"
            message = f"the stack {composed} and {RANDOM} more characters is longer than {STACK_NAME}"
            yield Complaint(
                ("services", name), message, "", f"shorten the names by {len(title) - room} characters", at_key=True
            )


def discovery_names(environment: Environment) -> Iterator[Complaint]:
    """Each port has a name in the mesh, the service's own or composed with that of the port, short and used once.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectService.html
    """
    seen = {logical_id(name): f"the service `{name}`" for name in environment.services}
    for name, service in environment.services.items():
        for port in service.ports:
            path, composed = ("services", name, "ports", port), f"{name}-{port}"
            if len(composed) > DISCOVERY_NAME:
                message = f"{composed}, as the mesh calls it, is longer than {DISCOVERY_NAME} characters"
                hint = f"shorten the names by {len(composed) - DISCOVERY_NAME} characters"
                yield Complaint(path, message, "", hint, at_key=True)
            if port == name:
                yield Complaint(
                    path, "has the name of its service, which is the name of `port`", "", "rename it", at_key=True
                )
            if (owner := seen.get(logical_id(composed))) and owner != f"a port of `{name}`":
                message = f"{composed}, as the mesh calls it, is the name of {owner} too"
                yield Complaint(path, message, "", "rename it", at_key=True)
            seen.setdefault(logical_id(composed), f"a port of `{name}`")


def group_ids(environment: Environment) -> Iterator[Complaint]:
    """A security group is a service's, the load balancer's or the endpoints'."""
    for name in environment.services:
        if (title := logical_id(name)) in OTHER_GROUPS:
            yield Complaint(("services", name), f"{title}Group is another security group", "", "rename the service")


def call_ids(environment: Environment) -> Iterator[Complaint]:
    """Every rule of the firewall has a logical id of its own, though `a-to-b` may call `c`, and `a` call `b-to-c`."""
    seen: dict[str, str] = {}
    services = environment.services
    for name, service in services.items():
        for position, callee in enumerate(service.calls):
            for port in ("", *services[callee].ports) if callee in services else ():
                title = logical_id(f"{name}-to-{callee}-{port}")
                if seen.get(title, name) != name:
                    message = f"{title} is a rule of `{seen[title]}` too"
                    yield Complaint(("services", name, "calls", position), message, "", "rename one of the services")
                seen.setdefault(title, name)
