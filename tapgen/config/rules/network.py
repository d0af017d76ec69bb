"""What must hold for the addresses and the ways out of the VPC."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations

from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.yaml.tree import Keys

FARGATE_ZONES = {"us-west-1": 2}
"""How many zones Fargate has in Regions with fewer than four.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
"""


def _written(environment: Environment) -> list[tuple[Keys, IPv4Network]]:
    """The subnets that the file lists, with their paths."""
    return [
        (("network", key, position), IPv4Network(cidr))
        for key in ("public_subnets", "private_subnets")
        for position, cidr in enumerate(getattr(environment.network, key))
    ]


def vpc_size(environment: Environment) -> Iterator[Complaint]:
    """A VPC has between 16 and 65,536 addresses.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    """
    if not 16 <= IPv4Network(environment.network.cidr).prefixlen <= 28:
        message = f"{environment.network.cidr} is not of a size that a VPC can have"
        yield Complaint(("network", "cidr"), message, "a prefix from /16 to /28")


def zones_of_region(environment: Environment) -> Iterator[Complaint]:
    """Fargate runs in every zone that has subnets.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
    """
    zones, region = environment.network.zones, environment.region
    if zones > FARGATE_ZONES.get(region, zones) and not environment.network.existing:
        message = f"{zones} zones are more than Fargate has in {region}"
        hint = f"write `network: {{zones: {FARGATE_ZONES[region]}}}`"
        yield Complaint(("network", "zones"), message, f"{FARGATE_ZONES[region]}", hint, ("region",))


def explicit_subnets(environment: Environment) -> Iterator[Complaint]:
    """Subnets that are listed are listed for every zone, the public and the private ones."""
    network = environment.network
    if not network.public_subnets and not network.private_subnets:
        return
    for key in ("public_subnets", "private_subnets"):
        count = len(getattr(network, key))
        if count != network.zones:
            message = f"{count} listed, and there are {network.zones} zones"
            hint = "list one per zone, public and private, or none at all: they follow from `cidr` and `subnet_prefix`"
            yield Complaint(("network", key), message, f"{network.zones} subnets", hint, ("network", "zones"))


def subnets_inside_vpc(environment: Environment) -> Iterator[Complaint]:
    """A listed subnet has addresses of its VPC.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    vpc = IPv4Network(environment.network.cidr)
    for path, subnet in _written(environment):
        if not subnet.subnet_of(vpc):
            message = f"{subnet} is not inside the VPC"
            yield Complaint(path, message, f"a part of {vpc}", premises=(("network", "cidr"),))


def subnet_sizes(environment: Environment) -> Iterator[Complaint]:
    """A subnet has between 16 and 65,536 addresses; a load balancer needs 32, of which 8 free.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
    """
    for path, subnet in _written(environment):
        smallest = 27 if "public_subnets" in path else 28
        if not 16 <= subnet.prefixlen <= smallest:
            message = f"{subnet} is not of a size that such a subnet can have"
            yield Complaint(path, message, f"a prefix from /16 to /{smallest}")


def subnets_overlap(environment: Environment) -> Iterator[Complaint]:
    """No address belongs to two subnets.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    for (_, one), (path, other) in combinations(_written(environment), 2):
        if one.overlaps(other):
            yield Complaint(path, f"{other} overlaps {one}", "", "give each subnet addresses of its own")


def computed_subnets_fit(environment: Environment) -> Iterator[Complaint]:
    """The VPC has room for two subnets per zone."""
    network = environment.network
    if network.public_subnets or network.private_subnets:
        return
    spare = network.subnet_prefix - IPv4Network(network.cidr).prefixlen
    if spare < 0 or 2**spare < 2 * network.zones:
        needed = 2 * network.zones
        message = f"{network.cidr} has no room for {needed} subnets of prefix /{network.subnet_prefix}"
        hint = f"for {network.zones} zones, `subnet_prefix` must be {(needed - 1).bit_length()} longer than the VPC's"
        yield Complaint(("network", "subnet_prefix"), message, "", hint, ("network", "cidr"))


def no_nat_needs_endpoints(environment: Environment) -> Iterator[Complaint]:
    """Without NAT, tasks reach images, secrets and logs through interface endpoints alone.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
    """
    network = environment.network
    if network.nat == "none" and network.endpoints == "gateway":
        message = "tasks without NAT need more than gateway endpoints to start"
        yield Complaint(("network", "endpoints"), message, "interface", "leave `endpoints` out, or choose a `nat`")
