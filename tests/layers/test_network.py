"""What becomes of the network when it gets one zone more."""

from __future__ import annotations

from typing import Any

from troposphere import Template

from tapgen.config import network
from tapgen.config.subnets import subnets
from tapgen.kinds import Text
from tapgen.layers.network import Network
from tapgen.parts.log_groups import LogGroups
from tapgen.parts.roles import Roles

KEY = Text("arn:aws:kms:eu-west-1:111111111111:key/1")


def addresses(config: network.Network) -> dict[str, Any]:
    """The addresses of every subnet."""
    template = Template()
    Network(config=config, name="shop-dev", roles=Roles("/shop/dev/"), log_groups=LogGroups(KEY, 30, False)).build(
        template
    )
    return {
        name: resource["Properties"]["CidrBlock"]
        for name, resource in template.to_dict()["Resources"].items()
        if resource["Type"] == "AWS::EC2::Subnet"
    }


def test_a_zone_more_or_less_moves_no_address() -> None:
    """CloudFormation makes new subnets before it deletes old ones: addresses that overlap fail."""
    two, three, four = (addresses(network.Network(zones=zones)) for zones in (2, 3, 4))
    assert two.items() < three.items() < four.items()
    assert len(set(four.values())) == 8
    added = {"PublicSubnet3": "10.0.4.0/24", "PrivateSubnet3": "10.0.5.0/24"}
    assert dict(three.items() - two.items()) == added


def test_zones_take_addresses_in_turn_wherever_the_vpc_begins() -> None:
    config = network.Network(cidr="10.64.0.0/20", zones=2, subnet_prefix=26)
    assert addresses(config) == {
        "PublicSubnet1": "10.64.0.0/26",
        "PrivateSubnet1": "10.64.0.64/26",
        "PublicSubnet2": "10.64.0.128/26",
        "PrivateSubnet2": "10.64.0.192/26",
    }


def test_subnets_are_where_the_rules_believe_them_to_be() -> None:
    for config in (network.Network(), network.Network(zones=4), network.Network(zones=2, subnet_prefix=20)):
        public, private = subnets(config)
        assert list(addresses(config).values()) == [*public, *private]
