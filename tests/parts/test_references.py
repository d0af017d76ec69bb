"""References by name to what stacks offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from troposphere import Ref

from tapgen.kinds import SubnetIds, Text, VpcId
from tapgen.parts.references import ListInTextError, UnknownReferenceError, offered, spelled


@dataclass(frozen=True)
class Network:
    vpc_id: VpcId
    cidr: str
    subnet_ids: SubnetIds
    groups: Mapping[str, Text]
    other: Text | None = None


NETWORK = Network(VpcId(Ref("NetworkVpcId")), "10.0.0.0/16", SubnetIds(Ref("Ids")), {"web": Text(Ref("GroupWeb"))})
KNOWN = offered({"network": NETWORK, "monitoring": None})


def test_wires_values_and_entries_of_mappings_have_names_and_what_is_absent_has_none() -> None:
    assert list(KNOWN) == ["network.vpc_id", "network.cidr", "network.subnet_ids", "network.groups.web"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("${network.vpc_id}", {"Ref": "NetworkVpcId"}),
        ("${network.cidr}", "10.0.0.0/16"),
        ("${network.subnet_ids}", {"Ref": "Ids"}),
        ("in ${network.vpc_id}", {"Fn::Sub": "in ${NetworkVpcId}"}),
        ("${network.vpc_id}/${network.groups.web}", {"Fn::Sub": "${NetworkVpcId}/${GroupWeb}"}),
        ("in ${network.cidr}, ${HOME}", "in 10.0.0.0/16, ${HOME}"),
        ("in ${network.vpc_id}, ${HOME}", {"Fn::Sub": "in ${NetworkVpcId}, ${!HOME}"}),
        ("${HOME} and ${AWS::Region}", "${HOME} and ${AWS::Region}"),
        ({"a": ["${network.vpc_id}", 7]}, {"a": [{"Ref": "NetworkVpcId"}, 7]}),
    ],
)
def test_references_are_followed_wherever_they_stand(said: object, meant: object) -> None:
    assert spelled(said, KNOWN) == meant


def test_an_unknown_one_is_refused_with_what_is_near() -> None:
    with pytest.raises(UnknownReferenceError, match=r"\$\{network\.vpc\}") as error:
        spelled(["${network.vpc}"], KNOWN)
    assert error.value.hint == "did you mean `network.vpc_id`?"
    assert error.value.allowed == "network.vpc_id, network.cidr, network.subnet_ids, network.groups.web"


def test_a_list_stands_alone() -> None:
    with pytest.raises(ListInTextError, match=r"\$\{network\.subnet_ids\} is a list"):
        spelled("x ${network.subnet_ids}", KNOWN)
