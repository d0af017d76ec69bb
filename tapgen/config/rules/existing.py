"""What must hold where something that exists already stands in place of what would be made."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.types import Model
from tapgen.config.yaml.tree import Keys

ALSO = {
    "network": {"existing", "endpoints"},
    "ingress": {"existing", "protocol", "domain", "hosted_zone", "certificates", "redirects"},
    "cluster": {"existing"},
}
"""What has a meaning beside `existing`; anything else is about the thing that would be made."""


def only_of_what_is_made(environment: Environment) -> Iterator[Complaint]:
    """What is only for a thing that is made is not silently ignored beside one that exists."""
    for section, also in ALSO.items():
        model: Model = getattr(environment, section)
        if getattr(model, "existing") is None:  # noqa: B009  # of three different models
            continue
        for key in type(model).model_fields:
            said = key in model.model_fields_set and getattr(model, key) not in (False, None, ())
            if said and key not in also:
                message = "has no use beside `existing`, whose owner decides it"
                against = (section, "existing")
                yield Complaint((section, key), message, "", "leave it out, or take it back here: `null`", against)
    if environment.network.existing and environment.network.endpoints == "gateway":
        message = "gateway endpoints belong to route tables, which are there already"
        yield Complaint(("network", "endpoints"), message, "interface", "leave it out", ("network", "existing"))
    if environment.alerts.topic:
        for path in (("alerts", "email"), ("keys", "alerts")):
            if getattr(getattr(environment, path[0]), path[1]):
                message = "has no use beside `alerts.topic`, whose owner decides it"
                yield Complaint(path, message, "", "leave it out, or take it back here: `null`", ("alerts", "topic"))


def existing_is_here(environment: Environment) -> Iterator[Complaint]:
    """What exists is of the account and Region of the environment: templates name neither.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    for path, arn in _arns(environment):
        _, _, _, region, account, _ = arn.split(":", 5)
        if (region, account) != (environment.region, environment.account):
            message = f"is of account {account} in {region}"
            yield Complaint(path, message, f"one of account {environment.account} in {environment.region}")


def _arns(environment: Environment) -> Iterator[tuple[Keys, str]]:
    if environment.ingress.existing:
        yield ("ingress", "existing", "listener"), environment.ingress.existing.listener
    if environment.cluster.existing:
        yield ("cluster", "existing", "namespace"), environment.cluster.existing.namespace
    if environment.alerts.topic:
        yield ("alerts", "topic"), environment.alerts.topic
    for name, arn in environment.keys:
        if arn:
            yield ("keys", name), arn


def balancer_needs_its_network(environment: Environment) -> Iterator[Complaint]:
    """A load balancer sends requests to tasks of its own VPC, and its security group is of that VPC.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    """
    if environment.ingress.existing and not environment.network.existing:
        message = "is in a VPC that is there already, and tasks would be in another"
        hint = "say `network: {existing: ...}` too, with the VPC of the load balancer"
        yield Complaint(("ingress", "existing"), message, "", hint, premises=(("network", "existing"),))


def balancer_needs_two_zones(environment: Environment) -> Iterator[Complaint]:
    """A load balancer that is made in an existing VPC has subnets in at least two zones.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
    """
    given = environment.network.existing
    if given and environment.public and not environment.ingress.existing and len(given.public_subnets) < 2:
        message = f"{len(given.public_subnets)} listed, and the load balancer needs two, in different zones"
        hint = "list them, or say which load balancer there is: `ingress: {existing: ...}`"
        path = ("network", "existing", "public_subnets")
        yield Complaint(path, message, "at least 2", hint, premises=(("ingress", "existing"),))


def distinct_subnets(environment: Environment) -> Iterator[Complaint]:
    """A subnet is listed once."""
    if not (given := environment.network.existing):
        return
    for key in ("public_subnets", "private_subnets"):
        listed = getattr(given, key)
        for position, subnet in enumerate(listed):
            if subnet in listed[:position]:
                path = ("network", "existing", key, position)
                yield Complaint(path, f"{subnet} is listed already", "", "leave it out")


def record_needs_zone(environment: Environment) -> Iterator[Complaint]:
    """An alias record names the hosted zone of the load balancer that it leads to.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
    """
    given = environment.ingress.existing
    if given and environment.ingress.hosted_zone and not given.zone:
        message = "records that lead to the load balancer need the `zone` of its DNS name"
        hint = "`aws elbv2 describe-load-balancers` shows it as CanonicalHostedZoneId"
        yield Complaint(("ingress", "existing"), message, "", hint, ("ingress", "hosted_zone"))


def priorities_in_order(environment: Environment) -> Iterator[Complaint]:
    """There is room between the first priority and the last."""
    if (given := environment.ingress.existing) and given.priorities.first > given.priorities.last:
        path = ("ingress", "existing", "priorities")
        message = f"{given.priorities.first} is more than `last`, which is {given.priorities.last}"
        yield Complaint((*path, "first"), message, against=(*path, "last"))
