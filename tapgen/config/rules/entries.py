"""What must hold for single entries of lists and mappings."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.yaml.tree import Keys
from tapgen.stack import logical_id


def distinct_egress(environment: Environment) -> Iterator[Complaint]:
    """A way out is listed once: EC2 refuses the same rule twice.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html
    """
    for path, workload in environment.workloads.items():
        yield from _distinct((*path, "egress"), [f"{way.cidr} port {way.port}" for way in workload.egress])
    for name, service in environment.services.items():
        callees = (environment.services[callee] for callee in service.calls if callee in environment.services)
        called = {port for callee in callees for port in callee.listens.values()}
        for position, way in enumerate(service.egress):
            if way.cidr == environment.network.addresses and way.port in called:
                message = f"{way.cidr} port {way.port} is open already, for the services it calls"
                yield Complaint(("services", name, "egress", position), message, "", "leave it out")


def distinct_sources(environment: Environment) -> Iterator[Complaint]:
    """A network that may reach the load balancer is listed once: EC2 refuses the same rule twice.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
    """
    yield from _distinct(("ingress", "allow"), environment.ingress.allow)


def distinct_addresses(environment: Environment) -> Iterator[Complaint]:
    """Who is told of alarms is listed once, and each address makes a logical id of its own."""
    first: dict[str, str] = {}
    for position, address in enumerate(environment.alerts.email):
        other = first.setdefault(logical_id(address), address)
        if address in environment.alerts.email[:position]:
            yield Complaint(("alerts", "email", position), f"{address} is listed already", "", "leave it out")
        elif other != address:
            yield Complaint(("alerts", "email", position), f"{address} makes the same logical id as {other}")


def _distinct(path: Keys, entries: Sequence[Hashable]) -> Iterator[Complaint]:
    for position, entry in enumerate(entries):
        if entry in entries[:position]:
            yield Complaint((*path, position), f"{entry} is listed already", "", "leave it out")


def https_egress(environment: Environment) -> Iterator[Complaint]:
    """Every task reaches HTTPS everywhere: images, secrets and logs travel there.

    The layers of images come from S3, at public addresses even where they take the gateway endpoint. Without NAT,
    everywhere is no further than the endpoints.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    for path, workload in environment.workloads.items():
        if all((way.cidr, way.port) != ("0.0.0.0/0", 443) for way in workload.egress):
            message = "no entry is 0.0.0.0/0 with port 443, over which images, secrets and logs travel"
            yield Complaint((*path, "egress"), message, "", "add {cidr: 0.0.0.0/0, port: 443}")


def tags_not_reserved(environment: Environment) -> Iterator[Complaint]:
    """Tags that tapgen or AWS sets are not set by hand.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    for key in environment.tags:
        if key in {"Environment", "Service", "ManagedBy"}:
            yield Complaint(("tags", key), "is a tag that tapgen sets", "", "choose another key", at_key=True)
        elif key.lower().startswith("aws:"):
            message = "begins with `aws:`, which only AWS may use"
            yield Complaint(("tags", key), message, "", "choose another key", at_key=True)
