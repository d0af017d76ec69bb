"""Networks: what EC2 refuses, and what it remembers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import Account


def vpc(account: Account) -> str:
    return str(account("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


@pytest.mark.parametrize("cidr", ["10.0.0.0/99", "10.0.0.0/8", "ten"])
def test_vpcs_that_are_refused(account: Account, cidr: str) -> None:
    with pytest.raises(ClientError) as refused:
        account("ec2").create_vpc(CidrBlock=cidr)
    assert refused.value.response["Error"]["Code"] in ("InvalidVpc.Range", "InvalidParameterValue")


@pytest.mark.parametrize(
    ("cidr", "code"),
    [
        ("10.0.0.0/25", "InvalidSubnet.Conflict"),
        ("10.1.0.0/24", "InvalidSubnet.Range"),
        ("10.0.0.0/29", "InvalidSubnet.Range"),
    ],
)
def test_subnets_that_are_refused(account: Account, cidr: str, code: str) -> None:
    vpc_id = vpc(account)
    account("ec2").create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/24")
    with pytest.raises(ClientError) as refused:
        account("ec2").create_subnet(VpcId=vpc_id, CidrBlock=cidr)
    assert refused.value.response["Error"]["Code"] == code


def test_a_subnet_of_an_unknown_vpc_in_a_template(account: Account) -> None:
    subnet = {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "vpc-0nobody", "CidrBlock": "10.0.0.0/24"}}
    assert account.create("s", {"Resources": {"Subnet": subnet}})["StackStatus"] == "ROLLBACK_COMPLETE"


def test_nat_gateways_of_a_zone_and_of_a_region(account: Account) -> None:
    ec2 = account("ec2")
    vpc_id = vpc(account)
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")
    zonal = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address["AllocationId"])["NatGateway"]["NatGatewayId"]
    regional = ec2.create_nat_gateway(AvailabilityMode="regional", VpcId=vpc_id)["NatGateway"]["NatGatewayId"]

    found: dict[str, Any] = {each["NatGatewayId"]: each for each in ec2.describe_nat_gateways()["NatGateways"]}
    assert [each["PublicIp"] for each in found[zonal]["NatGatewayAddresses"]] == [address["PublicIp"]]
    assert (found[regional]["AvailabilityMode"], found[regional]["VpcId"]) == ("regional", vpc_id)
    assert "SubnetId" not in found[regional]
    with pytest.raises(ClientError):
        ec2.create_nat_gateway(SubnetId="subnet-0nobody")
