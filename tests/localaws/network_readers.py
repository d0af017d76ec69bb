"""What EC2 and load balancing say of resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localaws.account import Account

Read = Any
"""What a service says: a mapping, whatever its values."""

Reader = Callable[[Account, str, Read], Read]
"""What a service says of a resource, given its physical id and its properties."""


def _first(service: str, operation: str, result: str, **fixed: Any) -> Callable[[Account, str, Read], Read]:
    """A reader by one call: `{id}` in the parameters is the physical id."""

    def filled(value: Any, physical_id: str) -> Any:
        if isinstance(value, list):
            return [filled(item, physical_id) for item in value]
        if isinstance(value, dict):
            return {key: filled(item, physical_id) for key, item in value.items()}
        return value.replace("{id}", physical_id) if isinstance(value, str) else value

    def read(account: Account, physical_id: str, _wanted: Read) -> Read:
        answer = getattr(account(service), operation)(**filled(fixed, physical_id))
        found = answer[result]
        return dict(found[0] if isinstance(found, list) else found)

    return read


def _rule(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_security_group_rules(SecurityGroupRuleIds=[physical_id])["SecurityGroupRules"][0]
    other = found.get("ReferencedGroupInfo", {}).get("GroupId")
    return found | {
        "CidrIp": found.get("CidrIpv4"),
        "SourceSecurityGroupId": other,
        "DestinationSecurityGroupId": other,
    }


def _vpc(account: Account, physical_id: str, _wanted: Read) -> Read:
    ec2 = account("ec2")
    names = ("EnableDnsHostnames", "EnableDnsSupport")
    read = {
        name: ec2.describe_vpc_attribute(VpcId=physical_id, Attribute=name[:1].lower() + name[1:])[name]["Value"]
        for name in names
    }
    return ec2.describe_vpcs(VpcIds=[physical_id])["Vpcs"][0] | read


def _group(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_security_groups(GroupIds=[physical_id])["SecurityGroups"][0]

    def flat(rules: list[Read]) -> list[Read]:
        return [rule | each for rule in rules for each in rule.get("IpRanges", []) + rule.get("UserIdGroupPairs", [])]

    egress, ingress = flat(found["IpPermissionsEgress"]), flat(found["IpPermissions"])
    return found | {
        "GroupDescription": found["Description"],
        "SecurityGroupEgress": egress,
        "SecurityGroupIngress": ingress,
    }


def _endpoint(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_vpc_endpoints(VpcEndpointIds=[physical_id])["VpcEndpoints"][0]
    return found | {"SecurityGroupIds": [each["GroupId"] for each in found.get("Groups", [])]}


def _address(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_addresses()["Addresses"]
    return dict(next(each for each in found if each["PublicIp"] == physical_id))


def _nat(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_nat_gateways(NatGatewayIds=[physical_id])["NatGateways"][0]
    return found | {"AllocationId": next((each["AllocationId"] for each in found["NatGatewayAddresses"]), None)}


def _flow_log(account: Account, physical_id: str, _wanted: Read) -> Read:
    found = account("ec2").describe_flow_logs(FlowLogIds=[physical_id])["FlowLogs"][0]
    return found | {"ResourceType": "VPC" if found["ResourceId"].startswith("vpc-") else None}


def _route(account: Account, _physical_id: str, wanted: Read) -> Read:
    table = account("ec2").describe_route_tables(RouteTableIds=[wanted["RouteTableId"]])["RouteTables"][0]
    found = (each for each in table["Routes"] if each["DestinationCidrBlock"] == wanted["DestinationCidrBlock"])
    return next(found) | {"RouteTableId": table["RouteTableId"]}


def _association(account: Account, _physical_id: str, wanted: Read) -> Read:
    table = account("ec2").describe_route_tables(RouteTableIds=[wanted["RouteTableId"]])["RouteTables"][0]
    return dict(next(each for each in table["Associations"] if each.get("SubnetId") == wanted["SubnetId"]))


def _attachment(account: Account, _physical_id: str, wanted: Read) -> Read:
    found = account("ec2").describe_internet_gateways(InternetGatewayIds=[wanted["InternetGatewayId"]])
    return found["InternetGateways"][0] | found["InternetGateways"][0]["Attachments"][0]


def _elb(operation: str, result: str, name: str) -> Callable[[Account, str, Read], Read]:
    def read(account: Account, physical_id: str, _wanted: Read) -> Read:
        elb = account("elbv2")
        found = getattr(elb, operation)(**{f"{name}s": [physical_id]})[result][0]
        tags = elb.describe_tags(ResourceArns=[physical_id])["TagDescriptions"][0]["Tags"]
        extra: Read = {"Tags": tags}
        if name in ("LoadBalancerArn", "TargetGroupArn"):
            kind = name.removesuffix("Arn")
            attributes = getattr(
                elb, f"describe_{'load_balancer' if kind == 'LoadBalancer' else 'target_group'}_attributes"
            )
            extra[f"{kind}Attributes"] = attributes(**{name: physical_id})["Attributes"]
        extra["Subnets"] = [each["SubnetId"] for each in found.get("AvailabilityZones", [])]
        extra["ListenerArn"] = physical_id.replace(":listener-rule/", ":listener/").rpartition("/")[0]
        return dict(found) | extra

    return read


_EC2 = "AWS::EC2::"
_ELB = "AWS::ElasticLoadBalancingV2::"
READERS: dict[str, Reader] = {
    f"{_EC2}EIP": _address,
    f"{_EC2}FlowLog": _flow_log,
    f"{_EC2}InternetGateway": _first(
        "ec2", "describe_internet_gateways", "InternetGateways", InternetGatewayIds=["{id}"]
    ),
    f"{_EC2}NatGateway": _nat,
    f"{_EC2}Route": _route,
    f"{_EC2}RouteTable": _first("ec2", "describe_route_tables", "RouteTables", RouteTableIds=["{id}"]),
    f"{_EC2}SecurityGroup": _group,
    f"{_EC2}SecurityGroupEgress": _rule,
    f"{_EC2}SecurityGroupIngress": _rule,
    f"{_EC2}Subnet": _first("ec2", "describe_subnets", "Subnets", SubnetIds=["{id}"]),
    f"{_EC2}SubnetRouteTableAssociation": _association,
    f"{_EC2}VPC": _vpc,
    f"{_EC2}VPCEndpoint": _endpoint,
    f"{_EC2}VPCGatewayAttachment": _attachment,
    f"{_ELB}Listener": _elb("describe_listeners", "Listeners", "ListenerArn"),
    f"{_ELB}ListenerRule": _elb("describe_rules", "Rules", "RuleArn"),
    f"{_ELB}LoadBalancer": _elb("describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    f"{_ELB}TargetGroup": _elb("describe_target_groups", "TargetGroups", "TargetGroupArn"),
}
