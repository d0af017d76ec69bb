"""What cannot follow when a network is made anew: it stays in the one in which it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tapgen.review.differences import Path
from tapgen.review.effects import Effect
from tapgen.review.origins import Origins
from tapgen.review.ripples import Outcome, named
from tapgen.review.stacks import Stack

_STAYING = {
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-subnets.html
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Subnets", "SubnetMappings"),
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSubnetGroup.html
    "AWS::RDS::DBSubnetGroup": ("SubnetIds",),
}
"""The properties that name subnets: CloudFormation would change them in place, and AWS refuses those of another VPC.

Of groups of subnets others have met that (https://github.com/hashicorp/terraform-provider-aws/issues/27459); of load
balancers it is not verified.
"""


def left_behind(after: Mapping[str, Stack], outcomes: Mapping[str, Outcome]) -> Iterator[tuple[str, str, Path]]:
    """What is to go to subnets of another network: its address, that network, and the property that says so."""
    moved = {address for address, each in outcomes.items() if _is_moved(each)}
    origins = Origins()
    for outcome in outcomes.values() if moved else ():
        properties = after[outcome.stack].resources[outcome.title]["Properties"]
        for word in _STAYING.get(outcome.type, ()) if outcome.effect < Effect.MAYBE_REPLACED else ():
            subnets = {name for name, _ in named(origins.of(after[outcome.stack], properties.get(word)))}
            networks = {network for subnet in subnets for network in _networks(after, origins, subnet)}
            yield from ((outcome.address, network, (word,)) for network in sorted(networks & moved))


def _is_moved(outcome: Outcome) -> bool:
    return outcome.type == "AWS::EC2::VPC" and outcome.effect == Effect.REPLACED


def _networks(after: Mapping[str, Stack], origins: Origins, subnet: str) -> set[str]:
    """The network of a subnet, by address."""
    address, _, title = subnet.rpartition(".")
    resource = after[address].resources.get(title) if address in after else None
    said = origins.of(after[address], resource["Properties"].get("VpcId")) if resource else None
    return {name for name, _ in named(said)}
