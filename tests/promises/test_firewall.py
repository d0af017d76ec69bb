"""Firewall: who may talk to whom."""

from __future__ import annotations

from .contract import add, both, drop, promise, put
from .reading import CALLS, PORTS, service, ways_out
from .resolved import Platform, sole

ANYWHERE = "0.0.0.0/0"
VPC = "10.0.0.0/16"


def groups(platform: Platform) -> dict[str, str]:
    """Whose security group is whose."""
    tasks = {name: service(platform, name)["NetworkConfiguration"]["AwsvpcConfiguration"] for name in platform.services}
    found = {sole(each["SecurityGroups"]): name for name, each in tasks.items()}
    balancer = platform.only("AWS::ElasticLoadBalancingV2::LoadBalancer", "ingress")
    return found | {balancer["SecurityGroups"][0]: "load balancer"}


@promise(
    "network",
    defects=[19],
    broken_by={
        "everybody may call everybody": add(
            "firewall/PaymentGroup/SecurityGroupEgress", {"IpProtocol": "-1", "CidrIp": "10.0.0.0/16"}
        ),
        "a call that nobody declared": put(
            "firewall/Back",
            {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": {
                    "GroupId": {"Fn::GetAtt": ["PaymentGroup", "GroupId"]},
                    "SourceSecurityGroupId": {"Fn::GetAtt": ["OrderGroup", "GroupId"]},
                    "IpProtocol": "tcp",
                    "FromPort": 8080,
                    "ToPort": 8080,
                },
            },
        ),
        "a declared call that is shut": drop("firewall/PaymentToOrder"),
        "a range of ports": put("firewall/LoadBalancerToPayment/ToPort", 8082),
        "another protocol": put("firewall/LoadBalancerToPayment/IpProtocol", "-1"),
        "the port of another service": both(
            put("firewall/PaymentToOrder/FromPort", 8082), put("firewall/PaymentToOrder/ToPort", 8082)
        ),
        "the group of another service": put("firewall/Outputs/ServiceGroupIdsOrder/Value/Fn::GetAtt/0", "PaymentGroup"),
        "a caller that may not get out": drop("firewall/PaymentGroup/SecurityGroupEgress/1"),
        "a load balancer that may go anywhere": put(
            "firewall/LoadBalancerGroup/SecurityGroupEgress/0",
            {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8082, "CidrIp": "10.0.0.0/16"},
        ),
        "a group that names no way out, and so lets all out": drop("firewall/OrderGroup/SecurityGroupEgress"),
    },
)
def test_only_declared_calls_are_possible_and_only_at_their_port(platform: Platform) -> None:
    whose = groups(platform)
    assert len(whose) == 4
    ways = {
        (whose[way["SourceSecurityGroupId"]], whose[way["GroupId"]], way["IpProtocol"], way["FromPort"], way["ToPort"])
        for way in platform.properties("AWS::EC2::SecurityGroupIngress", "firewall").values()
    }
    declared = {(caller, callee) for caller, callees in CALLS.items() for callee in callees}
    declared |= {("load balancer", name) for name in PORTS}
    assert ways == {(caller, callee, "tcp", PORTS[callee], PORTS[callee]) for caller, callee in declared}
    for group, name in whose.items():
        out = ways_out(platform.at(group)["Properties"])
        if name == "load balancer":
            assert out == {("tcp", port, port, VPC) for port in PORTS.values()}
        else:
            assert "SecurityGroupIngress" not in platform.at(group)["Properties"]
            called = {("tcp", PORTS[callee], PORTS[callee], VPC) for callee in CALLS[name]}
            assert out == called | {("tcp", 443, 443, ANYWHERE)}
