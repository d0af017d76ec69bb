"""Network: where tasks are, and how they get out."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from .contract import both, drop, promise, put
from .reading import PLACEHOLDER, service, ways_out
from .resolved import Platform, sole

ANYWHERE = "0.0.0.0/0"
VPC = "10.0.0.0/16"


def subnets(platform: Platform) -> dict[str, Any]:
    """Every subnet by reference, as tasks and load balancers name it."""
    return {f"${{{address}}}": subnet for address, subnet in platform.properties("AWS::EC2::Subnet").items()}


def private(platform: Platform) -> list[str]:
    """The subnets that tasks run in."""
    tasks = [service(platform, name)["NetworkConfiguration"]["AwsvpcConfiguration"] for name in platform.services]
    listed = [each["Subnets"] for each in tasks]
    assert all(each == listed[0] for each in listed)
    return list(listed[0])


def public(platform: Platform) -> list[str]:
    """The subnets that the load balancer is in."""
    return list(platform.only("AWS::ElasticLoadBalancingV2::LoadBalancer", "ingress")["Subnets"])


def table(platform: Platform, subnet: str) -> str:
    """The route table of a subnet."""
    associations = platform.properties("AWS::EC2::SubnetRouteTableAssociation").values()
    return str(sole(each["RouteTableId"] for each in associations if each["SubnetId"] == subnet))


def way_out(platform: Platform, subnet: str) -> Any:
    """The route of a subnet to anywhere."""
    wanted = table(platform, subnet)
    routes = platform.all("AWS::EC2::Route").values()
    found = sole(route for route in routes if route["Properties"]["RouteTableId"] == wanted)
    assert found["Properties"]["DestinationCidrBlock"] == ANYWHERE
    return found


@promise(
    "network",
    defects=[4],
    broken_by={
        "two zones": put("network/PrivateSubnet3/AvailabilityZone", {"Fn::Select": [0, {"Fn::GetAZs": ""}]}),
        "zones of somebody's laptop": put("network/PrivateSubnet3/AvailabilityZone", "dummy1c"),
        "a subnet of another size": put("network/PublicSubnet2/CidrBlock", "10.0.1.0/25"),
        "subnets that overlap": put("network/PublicSubnet2/CidrBlock", "10.0.0.0/24"),
        "a subnet outside of the VPC": put("network/PublicSubnet2/CidrBlock", "10.9.0.0/24"),
        "a subnet of another VPC": put("network/PublicSubnet2/VpcId", "vpc-1"),
        "tasks in two zones": drop("network/Outputs/PrivateSubnetIds/Value/Fn::Join/1/2"),
    },
)
def test_a_vpc_has_public_and_private_subnets_of_24_bits_in_three_zones(platform: Platform) -> None:
    vpc = IPv4Network(platform.only("AWS::EC2::VPC", "network")["CidrBlock"])
    zones = [{"Fn::Select": [zone, {"Fn::GetAZs": ""}]} for zone in range(3)]
    known = subnets(platform)
    for tier in (private(platform), public(platform)):
        assert [known[subnet]["AvailabilityZone"] for subnet in tier] == zones
    cidrs = [IPv4Network(subnet["CidrBlock"]) for subnet in known.values()]
    assert all(cidr.prefixlen == 24 and cidr.subnet_of(vpc) for cidr in cidrs)
    assert not any(one.overlaps(other) for one in cidrs for other in cidrs if one is not other)
    assert {subnet["VpcId"] for subnet in known.values()} == {"${network.Vpc}"}


@promise(
    "network",
    broken_by={
        "tier by tier": both(
            *(put(f"network/PublicSubnet{zone + 1}/CidrBlock", f"10.0.{zone}.0/24") for zone in range(3)),
            *(put(f"network/PrivateSubnet{zone + 1}/CidrBlock", f"10.0.{zone + 3}.0/24") for zone in range(3)),
        ),
        "a gap": put("network/PrivateSubnet3/CidrBlock", "10.0.6.0/24"),
        "tiers exchanged": both(
            put("network/PublicSubnet1/CidrBlock", "10.0.1.0/24"),
            put("network/PrivateSubnet1/CidrBlock", "10.0.0.0/24"),
        ),
    },
)
def test_addresses_are_dealt_zone_by_zone_so_that_one_more_moves_none(platform: Platform) -> None:
    """With more zones, and fewer, in tests/test_platform.py."""
    known = subnets(platform)
    assert [known[subnet]["CidrBlock"] for subnet in public(platform)] == [f"10.0.{n}.0/24" for n in (0, 2, 4)]
    assert [known[subnet]["CidrBlock"] for subnet in private(platform)] == [f"10.0.{n}.0/24" for n in (1, 3, 5)]


@promise(
    "network",
    defects=[22],
    broken_by={
        "no way out of public subnets": drop("network/PublicRoute"),
        "a route before its gateway is attached": drop("network/PublicRoute/DependsOn"),
        "a gateway that is attached to nothing": drop("network/InternetGatewayAttachment/InternetGatewayId"),
        "a public subnet without routes": drop("network/PublicSubnet2Routes"),
        "public addresses handed out": put("network/PublicSubnet1/MapPublicIpOnLaunch", True),
        "a public address for each task": put(
            "service-order/Service/NetworkConfiguration/AwsvpcConfiguration/AssignPublicIp", "ENABLED"
        ),
    },
)
def test_public_subnets_reach_the_internet_and_hand_out_no_addresses(platform: Platform) -> None:
    for subnet in public(platform):
        route = way_out(platform, subnet)
        assert route["Properties"]["GatewayId"] == "${network.InternetGateway}"
        assert route.get("DependsOn") == "InternetGatewayAttachment"
    attachment = platform.only("AWS::EC2::VPCGatewayAttachment", "network")
    assert attachment == {"VpcId": "${network.Vpc}", "InternetGatewayId": "${network.InternetGateway}"}
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets(platform).values())
    for name in platform.services:
        assert service(platform, name)["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"


@promise(
    "network",
    broken_by={
        "no route": drop("network/Private2Route"),
        "a route to the internet gateway": put("network/Private2Route/GatewayId", {"Ref": "InternetGateway"}),
        "a private subnet with public routes": put(
            "network/PrivateSubnet1Routes/RouteTableId", {"Ref": "PublicRouteTable"}
        ),
        "NAT in a private subnet": put("network/NatGateway1/SubnetId", {"Ref": "PrivateSubnet1"}),
        "NAT without an address": drop("network/NatGateway1/AllocationId"),
        "an address before the internet gateway": drop("network/NatAddress1/DependsOn"),
    },
)
def test_private_subnets_leave_through_nat(platform: Platform) -> None:
    for subnet in private(platform):
        route = way_out(platform, subnet)["Properties"]
        assert "GatewayId" not in route
        gateway = platform.at(route["NatGatewayId"])["Properties"]
        assert gateway["SubnetId"] in public(platform)
        assert gateway.get("AllocationId", "").endswith(".AllocationId}")
        address = platform.at(gateway["AllocationId"])
        assert (address["Properties"]["Domain"], address.get("DependsOn")) == ("vpc", "InternetGatewayAttachment")


@promise(
    "network",
    defects=[16],
    on=["prod"],
    broken_by={
        "all zones leave through one": both(
            put("network/Private2Route/NatGatewayId", {"Ref": "NatGateway1"}),
            put("network/Private3Route/NatGatewayId", {"Ref": "NatGateway1"}),
        ),
        "a zone leaves through another": both(
            put("network/Private2Route/NatGatewayId", {"Ref": "NatGateway3"}),
            put("network/Private3Route/NatGatewayId", {"Ref": "NatGateway2"}),
        ),
        "gateways in one zone": put("network/NatGateway2/SubnetId", {"Ref": "PublicSubnet1"}),
    },
)
def test_each_zone_of_production_has_a_nat_gateway_of_its_own(platform: Platform) -> None:
    known = subnets(platform)
    for subnet in private(platform):
        gateway = platform.at(way_out(platform, subnet)["Properties"]["NatGatewayId"])["Properties"]
        assert known[gateway["SubnetId"]]["AvailabilityZone"] == known[subnet]["AvailabilityZone"]


@promise(
    "network",
    broken_by={
        "no S3": drop("network/S3Endpoint"),
        "no DynamoDB": drop("network/DynamodbEndpoint"),
        "a zone goes the long way": drop("network/S3Endpoint/RouteTableIds/2"),
        "an interface, paid by the hour": put("network/S3Endpoint/VpcEndpointType", "Interface"),
        "another Region's S3": put("network/S3Endpoint/ServiceName", "com.amazonaws.us-east-1.s3"),
    },
)
def test_s3_and_dynamodb_are_reached_inside_aws(platform: Platform) -> None:
    endpoints = {each["ServiceName"]: each for each in platform.properties("AWS::EC2::VPCEndpoint", "network").values()}
    for api in ("s3", "dynamodb"):
        name = f"com.amazonaws.${{AWS::Region}}.{api}"
        assert name in endpoints
        endpoint = endpoints[name]
        assert endpoint["VpcEndpointType"] == "Gateway"
        assert endpoint["VpcId"] == "${network.Vpc}"
        assert {table(platform, subnet) for subnet in private(platform)} <= set(endpoint["RouteTableIds"])


@promise(
    "network",
    defects=[16],
    on=["prod"],
    broken_by={
        "images without their login": drop("endpoints/EcrApiEndpoint"),
        "no images": drop("endpoints/EcrDkrEndpoint"),
        "no logs": drop("endpoints/LogsEndpoint"),
        "no secrets": drop("endpoints/SecretsmanagerEndpoint"),
        "no certificates": drop("endpoints/LambdaEndpoint"),
        "no control of Service Connect": drop("endpoints/EcsAgentEndpoint"),
        "tests that do not find the load balancer": drop("endpoints/Ec2Endpoint"),
        "tests that cannot tell which version is the first": drop("endpoints/EcsEndpoint"),
        "names that still lead to the internet": put("endpoints/LogsEndpoint/PrivateDnsEnabled", False),
        "in public subnets": put("endpoints/LogsEndpoint/SubnetIds", [{"Ref": "NetworkVpcId"}]),
        "with the default group": drop("endpoints/LogsEndpoint/SecurityGroupIds"),
        "a group that lets nobody in": drop("firewall/EndpointsGroup/SecurityGroupIngress/0"),
        "endpoints that ask": drop("firewall/EndpointsGroup/SecurityGroupEgress"),
        "endpoints that ask tasks": put("firewall/EndpointsGroup/SecurityGroupEgress/0/CidrIp", VPC),
        "endpoints that ask by another resource": put(
            "firewall/LoadBalancerToPort15100/GroupId", {"Fn::GetAtt": ["EndpointsGroup", "GroupId"]}
        ),
        "a VPC without DNS": put("network/Vpc/EnableDnsSupport", False),
        "a VPC without host names": put("network/Vpc/EnableDnsHostnames", False),
    },
)
def test_tasks_of_production_reach_what_starts_them_without_the_internet(platform: Platform) -> None:
    endpoints = platform.properties("AWS::EC2::VPCEndpoint", "endpoints").values()
    reached = {endpoint["ServiceName"].removeprefix("com.amazonaws.${AWS::Region}.") for endpoint in endpoints}
    started = {"ecr.api", "ecr.dkr", "logs", "secretsmanager", "ecs-agent", "lambda"}
    assert reached == started | {"ec2", "ecs"}, "and what those ask who ask new versions"
    for endpoint in endpoints:
        assert endpoint["PrivateDnsEnabled"] is True
        assert endpoint["SubnetIds"] == private(platform)
        assert endpoint["VpcEndpointType"] == "Interface"
        assert endpoint.get("SecurityGroupIds") == ["${firewall.EndpointsGroup.GroupId}"]
    group = platform.at("${firewall.EndpointsGroup}")["Properties"]
    ways_in = [
        (way["IpProtocol"], way["FromPort"], way["ToPort"], way["CidrIp"]) for way in group["SecurityGroupIngress"]
    ]
    assert ways_in == [("tcp", 443, 443, VPC)]
    assert ways_out(platform, "${firewall.EndpointsGroup.GroupId}") == {PLACEHOLDER}, "endpoints never ask"
    vpc = platform.only("AWS::EC2::VPC", "network")
    assert vpc["EnableDnsSupport"] is vpc["EnableDnsHostnames"] is True


@promise(
    "network",
    broken_by={
        "a route table of another VPC": put("network/Private1RouteTable/VpcId", "vpc-1"),
        "a security group of the default VPC": drop("firewall/OrderGroup/VpcId"),
        "targets in another VPC": put("root/ServiceOrder/Parameters/NetworkVpcId", {"Ref": "AWS::StackName"}),
    },
)
def test_everything_is_in_one_vpc(platform: Platform) -> None:
    kinds = (
        "EC2::RouteTable",
        "EC2::SecurityGroup",
        "EC2::Subnet",
        "EC2::VPCEndpoint",
        "ElasticLoadBalancingV2::TargetGroup",
    )
    for kind in kinds:
        for address, properties in platform.properties(f"AWS::{kind}").items():
            assert properties.get("VpcId") == "${network.Vpc}", address
