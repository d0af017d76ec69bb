"""What people read of resources."""

from __future__ import annotations

import pytest

from tapgen.deploy.words import doing, elapsed, thing


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("AWS::EC2::RouteTable", "route table"),
        ("AWS::EC2::VPC", "VPC"),
        ("AWS::EC2::VPCGatewayAttachment", "gateway attachment"),
        ("AWS::ElasticLoadBalancingV2::TargetGroup", "target group"),
        ("AWS::ECS::ClusterCapacityProviderAssociations", "cluster capacity provider associations"),
        ("AWS::New::DNS", "DNS"),
    ],
)
def test_a_type_is_a_thing(kind: str, said: str) -> None:
    assert thing(kind) == said


def test_a_status_is_something_that_is_done() -> None:
    assert doing("UPDATE_ROLLBACK_IN_PROGRESS") == "going back"
    assert doing("SOME_NEW_STATUS") == "some new status"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.9, "0 s"), (59.9, "59 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (3900, "1 h 05 min")]
)
def test_durations(seconds: float, said: str) -> None:
    assert elapsed(seconds) == said
