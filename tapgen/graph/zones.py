"""The zones of a network: which subnets the internet reaches, and which part is in which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tapgen.graph.references import References

VPC, SUBNET, GATEWAY = "AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::InternetGateway"
_ASSOCIATION, _TABLE = "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::RouteTable"
_ROUTE = "AWS::EC2::Route"

NETWORK = (VPC, SUBNET, GATEWAY, _ASSOCIATION, _TABLE, _ROUTE, "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::EIP")
"""Types that a picture shows as the boxes that other parts are in."""


@dataclass(frozen=True)
class Zone:
    """Subnets of one kind in one network."""

    vpc: str
    public: bool
    subnets: tuple[str, ...]

    @property
    def id(self) -> str:
        """What it is known by."""
        return f"{self.vpc}:{'public' if self.public else 'private'}"


def zones(references: References) -> list[Zone]:
    """All zones, the public ones first.

    A subnet is public where a route of its table leads to an internet gateway.
    https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html
    """
    open_tables = {
        table
        for route in references.of_type(_ROUTE)
        if references.targets(route, GATEWAY)
        for table in references.targets(route, _TABLE)
    }
    public = {
        subnet
        for each in references.of_type(_ASSOCIATION)
        if open_tables.intersection(references.targets(each, _TABLE))
        for subnet in references.targets(each, SUBNET)
    }
    found: dict[tuple[str, bool], list[str]] = {}
    for subnet in references.of_type(SUBNET):
        for vpc in references.targets(subnet, VPC)[:1]:
            found.setdefault((vpc, subnet in public), []).append(subnet)
    every = [Zone(vpc, is_public, tuple(subnets)) for (vpc, is_public), subnets in found.items()]
    return sorted(every, key=lambda zone: not zone.public)


def place_of(named: Iterable[str], every: Iterable[Zone]) -> str:
    """The zone of the first subnet among what something names, or else the network; nothing where it names none."""
    by_subnet = {subnet: zone.id for zone in every for subnet in zone.subnets}
    networks = {zone.vpc for zone in every}
    found = list(named)
    inside = [by_subnet[each] for each in found if each in by_subnet]
    return next(iter([*inside, *(each for each in found if each in networks)]), "")
