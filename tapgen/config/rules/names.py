"""What must hold for names, once they are put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tapgen.config.environment import Environment
from tapgen.config.firewall_names import titles
from tapgen.config.rules.complaint import Complaint
from tapgen.config.yaml.tree import Keys
from tapgen.stack import logical_id

STACK_NAME = 128
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

RANDOM = 13
"""How many random characters end the name of a nested stack: `shop-dev-ServicePayment-1ABCDEFGHIJKL`."""

DISCOVERY_NAME = 64
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectService.html"""


def service_ids(environment: Environment) -> Iterator[Complaint]:
    """Every service has a logical id of its own."""
    yield from distinct_ids(("services",), environment.services)


def job_ids(environment: Environment) -> Iterator[Complaint]:
    """Every job has a logical id of its own, and none is a service's too: they share the firewall and the registry."""
    yield from distinct_ids(("jobs",), environment.jobs)
    services = {logical_id(name): name for name in environment.services}
    for name in environment.jobs:
        if other := services.get(logical_id(name)):
            message = f"`{name}` and the service `{other}` are both {logical_id(name)} as a logical id"
            yield Complaint(("jobs", name), message, "", "rename one of them", at_key=True)


def secret_ids(environment: Environment) -> Iterator[Complaint]:
    """Every secret has a logical id of its own."""
    yield from distinct_ids(("secrets",), environment.secrets)


def port_ids(environment: Environment) -> Iterator[Complaint]:
    """Every port of a service has a logical id of its own."""
    for name, service in environment.services.items():
        yield from distinct_ids(("services", name, "ports"), service.ports)


def distinct_ids(path: Keys, names: Iterable[str]) -> Iterator[Complaint]:
    """Complain of the names below *path* that are one logical id."""
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
    for path, workload in environment.workloads.items():
        title = logical_id(workload.stack)
        if len(title) > room:
            composed = f"{environment.stack_name}-{title}-"
            message = f"the stack {composed} and {RANDOM} more characters is longer than {STACK_NAME}"
            yield Complaint(path, message, "", f"shorten the names by {len(title) - room} characters", at_key=True)


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


def host_names(environment: Environment) -> Iterator[Complaint]:
    """The name of a service is a host name in every task, and takes the place of none that is there already.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
    """
    if "localhost" in environment.services:
        message = "every task has this name for itself already"
        yield Complaint(("services", "localhost"), message, "", "rename the service", at_key=True)


def firewall_ids(environment: Environment) -> Iterator[Complaint]:
    """Every group and rule of the firewall has a logical id of its own; of two groups of tasks, `job_ids` tells.

    `a-to-b` may call `c`, and `a` call `b-to-c`; the service `a-to-b` has a group, and `a` may call `b-group`.
    """
    first: dict[str, Keys] = {}
    for title, path in titles(environment):
        if title in first and not {path, first[title]} <= environment.workloads.keys():
            message = f"makes {title} in the firewall, and so does {'.'.join(map(str, first[title]))}"
            yield Complaint(path, message, "", "rename one of them", at_key=True)
        first.setdefault(title, path)
