"""Which of AWS's APIs tasks reach inside the VPC."""

from __future__ import annotations

from typing import get_args

import pytest
from troposphere import Template

from tapgen.config.regions import Region
from tapgen.kinds import SecurityGroupId, SubnetIds, VpcId
from tapgen.layers.endpoints import Endpoints
from tapgen.layers.network import Network

NETWORK = Network.Outputs(VpcId("vpc-1"), "10.0.0.0/16", SubnetIds(["subnet-1"]), SubnetIds(["subnet-2"]))
ALWAYS = {"ecr.api", "ecr.dkr", "logs", "ecs-agent"}
NEWER = {"ap-east-2", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "mx-central-1"}
"""Opened after 2023-12-23, each announced on AWS's own pages."""


def reached(region: str) -> set[str]:
    template = Template()
    Endpoints(
        telemetry=False,
        name="shop-dev",
        region=region,
        secrets=False,
        exec=False,
        parameters=False,
        queues=False,
        signers=False,
        tests=False,
        network=NETWORK,
        group_id=SecurityGroupId("sg-1"),
    ).build(template)
    names = {each["Properties"]["ServiceName"]["Fn::Sub"] for each in template.to_dict()["Resources"].values()}
    return {name.removeprefix("com.amazonaws.${AWS::Region}.") for name in names}


@pytest.mark.parametrize("region", get_args(Region))
def test_in_newer_regions_fargate_calls_all_of_ecs(region: str) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html."""
    assert reached(region) == ALWAYS | ({"ecs", "ecs-telemetry"} if region in NEWER else set())


def test_a_region_that_nobody_knows_yet_is_a_newer_one() -> None:
    """One endpoint too many costs a little; one too few, and no task starts."""
    assert reached("eu-middle-1") == ALWAYS | {"ecs", "ecs-telemetry"}
