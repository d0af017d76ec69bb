"""Which addresses each subnet has."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import islice

from tapgen.config.network import Network


def subnets(network: Network) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The public and the private subnets, one of each per zone: as written, or in turn from the start of the VPC.

    In turn, so that one zone more leaves the addresses of the others: CloudFormation makes the new subnets before it
    deletes the old, and addresses that overlap fail.

    Fewer come back where the VPC has no room for more; the rules refuse that before a layer sees it.
    """
    if network.public_subnets or network.private_subnets:
        return network.public_subnets, network.private_subnets
    vpc = IPv4Network(network.cidr)
    if network.subnet_prefix < vpc.prefixlen:
        return (), ()
    cidrs = tuple(map(str, islice(vpc.subnets(new_prefix=network.subnet_prefix), 2 * network.zones)))
    return cidrs[0::2], cidrs[1::2]
