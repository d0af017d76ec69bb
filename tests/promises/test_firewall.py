"""Firewall: who may talk to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .contract import Mutation, add, both, drop, promise, put, rename
from .reading import BALANCED, CALLED, CALLS, CLIENTS, PLACEHOLDER, PORTS, service, ways_inside, ways_out
from .resolved import Platform, sole

ANYWHERE = "0.0.0.0/0"
VPC = "10.0.0.0/16"
DATABASE = 5432
TESTED = {"dev": set[int](), "prod": {8443}}
"""Where new versions are asked, by environment."""

OUT = "LoadBalancerToPort"
"""How what lets the load balancer out is called."""


def way_out(change: Callable[[str], Mutation]) -> Mutation:
    """Change the first way out of the load balancer: each environment has others."""

    def changing(templates: dict[str, Any]) -> None:
        resources = templates["firewall"]["Resources"]
        change(f"firewall/{next(title for title in resources if title.startswith(OUT))}")(templates)

    return changing


def twice(templates: dict[str, Any]) -> None:
    """Have the same way out of the load balancer in two resources."""
    resources = templates["firewall"]["Resources"]
    resources[f"{OUT}80"] = next(each for title, each in resources.items() if title.startswith(OUT))


def groups(platform: Platform) -> dict[str, str]:
    """Whose security group is whose."""
    tasks = {name: service(platform, name)["NetworkConfiguration"]["AwsvpcConfiguration"] for name in platform.services}
    found = {sole(each["SecurityGroups"]): name for name, each in tasks.items()}
    if "release" in platform.templates:
        tester = platform.only("AWS::Lambda::Function", "release")["VpcConfig"]
        found[sole(tester["SecurityGroupIds"])] = "tester"
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
        "a load balancer that may go anywhere": way_out(lambda way: put(f"{way}/CidrIp", ANYWHERE)),
        "a load balancer that cannot get out": way_out(drop),
        "the way out of another": way_out(
            lambda way: put(f"{way}/GroupId", {"Fn::GetAtt": ["PaymentGroup", "GroupId"]})
        ),
        "a way out for everything": way_out(lambda way: put(f"{way}/IpProtocol", "-1")),
        "a way out that ends elsewhere": way_out(lambda way: put(f"{way}/ToPort", 20000)),
        "a group that names no way out, and so lets all out": drop("firewall/OrderGroup/SecurityGroupEgress"),
    },
)
def test_only_declared_calls_are_possible_and_only_at_their_port(platform: Platform) -> None:
    whose = groups(platform)
    tested = TESTED[platform.name]
    assert len(whose) == 4 + len(tested)
    clients = CLIENTS[platform.name]
    if clients:
        whose["${firewall.ShopGroup.GroupId}"] = "shop"
    ways = {
        (whose[way["SourceSecurityGroupId"]], whose[way["GroupId"]], way["IpProtocol"], way["FromPort"], way["ToPort"])
        for way in platform.properties("AWS::EC2::SecurityGroupIngress", "firewall").values()
    }
    declared = {(caller, callee) for caller, callees in CALLS.items() for callee in callees}
    called, balanced = CALLED[platform.name], BALANCED[platform.name]
    expected = {(caller, callee, "tcp", called[callee], called[callee]) for caller, callee in declared}
    expected |= {("load balancer", name, "tcp", balanced[name], balanced[name]) for name in PORTS}
    expected |= {("tester", "load balancer", "tcp", port, port) for port in tested}
    assert ways == expected | {(client, "shop", "tcp", DATABASE, DATABASE) for client in clients}
    for group, name in whose.items():
        out = ways_out(platform, group)
        if name == "load balancer":
            assert out == {PLACEHOLDER} | {("tcp", port, port, VPC) for port in balanced.values()}
        elif name == "tester":
            assert "SecurityGroupIngress" not in platform.at(group)["Properties"]
            assert out == {("tcp", port, port, VPC) for port in tested} | {("tcp", 443, 443, ANYWHERE)}
        elif name == "shop":
            assert out == {PLACEHOLDER}
        else:
            assert "SecurityGroupIngress" not in platform.at(group)["Properties"]
            ways_on = {("tcp", called[callee], called[callee], VPC) for callee in CALLS[name]}
            ways_on |= {("tcp", DATABASE, DATABASE, VPC)} if name in clients else set()
            assert out == ways_on | {("tcp", 443, 443, ANYWHERE)}


@promise(
    "network",
    defects=[19],
    broken_by={
        "a load balancer that lets all out": drop("firewall/LoadBalancerGroup/SecurityGroupEgress"),
        "a list of ways out that is empty": put("firewall/LoadBalancerGroup/SecurityGroupEgress", []),
        "a way out that goes before the new tasks have come": add(
            "firewall/LoadBalancerGroup/SecurityGroupEgress",
            {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "CidrIp": VPC},
        ),
        "a placeholder that leads somewhere": put("firewall/LoadBalancerGroup/SecurityGroupEgress/0/CidrIp", VPC),
        "a port without a way": way_out(drop),
        "a way out called after a service": way_out(lambda way: rename(way, "LoadBalancerOutToPayment")),
        "the same way out twice, which EC2 refuses": twice,
    },
)
def test_the_ways_out_of_the_load_balancer_come_before_tasks_and_go_after_them(platform: Platform) -> None:
    """Each is a resource, called after its port.

    A group is updated in place, at once; what replaces a resource is made first, and what is not needed any more is
    deleted when all stacks are up to date.
    """
    (group,) = platform.only("AWS::ElasticLoadBalancingV2::LoadBalancer", "ingress")["SecurityGroups"]
    assert ways_inside(platform, group) == {PLACEHOLDER}
    out = platform.properties("AWS::EC2::SecurityGroupEgress")
    assert {each["GroupId"] for each in out.values()} == {group}
    ports = {address: each["FromPort"] for address, each in out.items()}
    assert ports == {f"firewall.{OUT}{port}": port for port in BALANCED[platform.name].values()}
