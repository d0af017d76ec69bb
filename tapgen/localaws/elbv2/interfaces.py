"""Network interfaces of load balancers: one in each of their subnets, with the private address that others reach.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from ipaddress import IPv4Network
from zlib import crc32

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError

_FILTERS = {
    "availability-zone": "AvailabilityZone",
    "description": "Description",
    "interface-type": "InterfaceType",
    "network-interface-id": "NetworkInterfaceId",
    "private-ip-address": "PrivateIpAddress",
    "requester-id": "RequesterId",
    "status": "Status",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}


@operation("ec2", "DescribeNetworkInterfaces")
async def describe_network_interfaces(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html."""
    found = [*(await proceed({}))["NetworkInterfaces"], *(await _of_balancers())]
    if wanted := request.get("NetworkInterfaceIds"):
        if missing := [each for each in wanted if each not in {one["NetworkInterfaceId"] for one in found}]:
            text = f"The networkInterface ID '{missing[0]}' does not exist"
            raise ServiceError("InvalidNetworkInterfaceID.NotFound", text)
        found = [each for each in found if each["NetworkInterfaceId"] in wanted]
    for each in request.get("Filters", []):
        found = [one for one in found if _passes(one, each)]
    return {"NetworkInterfaces": found}


def _passes(interface: Fields, wanted: Fields) -> bool:
    if wanted["Name"] not in _FILTERS:
        raise ServiceError("InvalidParameterValue", f"The local AWS does not know the filter '{wanted['Name']}'")
    value = str(interface.get(_FILTERS[wanted["Name"]], ""))
    return any(fnmatchcase(value, pattern) for pattern in wanted["Values"])


async def _of_balancers() -> list[Fields]:
    return [
        await _interface(balancer, zone)
        for balancer in (await call("elbv2", "DescribeLoadBalancers"))["LoadBalancers"]
        for zone in balancer["AvailabilityZones"]
    ]


async def _interface(balancer: Fields, zone: Fields) -> Fields:
    """One that stays the same as long as the load balancer lives.

    Its description: https://repost.aws/knowledge-center/elb-find-load-balancer-ip
    """
    arn, subnet = balancer["LoadBalancerArn"], zone["SubnetId"]
    (found,) = (await call("ec2", "DescribeSubnets", SubnetIds=[subnet]))["Subnets"]
    network, number = IPv4Network(found["CidrBlock"]), crc32(f"{arn} {subnet}".encode())
    return {
        "NetworkInterfaceId": f"eni-0{number:016x}",
        "Description": f"ELB {arn.partition(':loadbalancer/')[2]}",
        "InterfaceType": "interface",
        "Status": "in-use",
        "PrivateIpAddress": str(network[4 + number % (network.num_addresses - 5)]),
        "SubnetId": subnet,
        "VpcId": balancer["VpcId"],
        "AvailabilityZone": zone["ZoneName"],
        "Groups": [{"GroupId": each} for each in balancer.get("SecurityGroups", [])],
        "OwnerId": engine.account(),
        "RequesterId": "amazon-elb",
        "RequesterManaged": True,
    }
