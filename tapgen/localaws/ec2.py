"""Addresses, gateways, endpoints and flow logs of a VPC, and what EC2 refuses.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.kept import keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError


def _tagged(kind: str, properties: Fields) -> list[Fields]:
    return [{"ResourceType": kind, "Tags": properties["Tags"]}] if properties.get("Tags") else []


def _network(cidr: str) -> IPv4Network:
    try:
        network = IPv4Network(cidr)
    except ValueError:
        text = f"Value ({cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        raise ServiceError("InvalidParameterValue", text) from None
    return network


async def _refuse_vpc(properties: Fields) -> None:
    network = _network(properties["CidrBlock"])
    if not 16 <= network.prefixlen <= 28:
        raise ServiceError("InvalidVpc.Range", f"The CIDR '{network}' is invalid.")


async def _refuse_subnet(properties: Fields) -> None:
    network, vpc_id = _network(properties["CidrBlock"]), properties["VpcId"]
    vpc = IPv4Network((await call("ec2", "DescribeVpcs", VpcIds=[vpc_id]))["Vpcs"][0]["CidrBlock"])
    if not network.subnet_of(vpc) or network.prefixlen > 28:
        raise ServiceError("InvalidSubnet.Range", f"The CIDR '{network}' is invalid.")
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
    for subnet in (await call("ec2", "DescribeSubnets", Filters=filters))["Subnets"]:
        if network.overlaps(IPv4Network(subnet["CidrBlock"])):
            raise ServiceError("InvalidSubnet.Conflict", f"The CIDR '{network}' conflicts with another subnet")


async def _refuse_group(properties: Fields) -> None:
    if vpc_id := properties.get("VpcId"):
        await call("ec2", "DescribeVpcs", VpcIds=[vpc_id])


async def _must_exist(what: str, code: str, wanted: list[str], found: set[str]) -> None:
    for each in wanted:
        if each not in found:
            raise ServiceError(code, f"The {what} '{each}' does not exist")


@operation("ec2", "CreateVpc")
async def create_vpc(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html."""
    await _refuse_vpc(request)
    return await proceed(request)


@operation("ec2", "CreateSubnet")
async def create_subnet(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html."""
    await _refuse_subnet(request)
    return await proceed(request)


@operation("ec2", "CreateNatGateway")
async def create_nat_gateway(request: Fields, proceed: Proceed) -> Fields:
    """A zonal gateway stands in a subnet, a regional one in a VPC.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html
    """
    regional = request.get("AvailabilityMode") == "regional"
    addresses = []
    if regional:
        await call("ec2", "DescribeVpcs", VpcIds=[request["VpcId"]])
    else:
        await call("ec2", "DescribeSubnets", SubnetIds=[request["SubnetId"]])
    if allocation := request.get("AllocationId"):
        found = (await call("ec2", "DescribeAddresses", AllocationIds=[allocation]))["Addresses"]
        addresses = [
            {"AllocationId": allocation, "PublicIp": each["PublicIp"], "Status": "succeeded"} for each in found
        ]
    known = {name: value for name, value in request.items() if name != "AvailabilityMode"}
    made = await proceed({"SubnetId": _NO_SUBNET} | known)
    gateway = made["NatGateway"]
    mode = {"AvailabilityMode": "regional", "VpcId": request["VpcId"]} if regional else {"AvailabilityMode": "zonal"}
    keep(gateway["NatGatewayId"], NatGatewayAddresses=addresses, **mode)
    return {"NatGateway": gateway | kept(gateway["NatGatewayId"])}


_NO_SUBNET = "regional"
"""Where ministack believes that a regional gateway stands: it insists on a subnet."""


@operation("ec2", "DescribeNatGateways")
async def describe_nat_gateways(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html."""
    found = (await proceed(request))["NatGateways"]
    shown = [gateway | kept(gateway["NatGatewayId"]) for gateway in found]
    for gateway in shown:
        if gateway["SubnetId"] == _NO_SUBNET:
            del gateway["SubnetId"]
    return {"NatGateways": shown}


@operation("ec2", "CreateFlowLogs")
async def create_flow_logs(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html."""
    tags = [each | {"ResourceType": "flow-log"} for each in request.get("TagSpecifications", [])]
    made = await proceed(request | {"TagSpecifications": tags})
    shown = ("LogGroupName", "DeliverLogsPermissionArn", "MaxAggregationInterval")
    for each in made.get("FlowLogIds", []):
        keep(each, **{name: request.get(name) for name in shown})
    return made


@operation("ec2", "DescribeFlowLogs")
async def describe_flow_logs(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html."""
    found = (await proceed(request))["FlowLogs"]
    return {"FlowLogs": [each | kept(each["FlowLogId"]) for each in found]}


@operation("ec2", "CreateVpcEndpoint")
async def create_vpc_endpoint(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html."""
    await call("ec2", "DescribeVpcs", VpcIds=[request["VpcId"]])
    made = await proceed(request)
    await _keep_endpoint(made["VpcEndpoint"]["VpcEndpointId"], request, request.get("SecurityGroupIds", []))
    return {"VpcEndpoint": made["VpcEndpoint"] | kept(made["VpcEndpoint"]["VpcEndpointId"])}


async def _keep_endpoint(endpoint_id: str, request: Fields, groups: list[str]) -> None:
    found = (await call("ec2", "DescribeSecurityGroups", GroupIds=groups))["SecurityGroups"] if groups else []
    named: list[dict[str, Any]] = [{"GroupId": each["GroupId"], "GroupName": each["GroupName"]} for each in found]
    keep(endpoint_id, Groups=named, PrivateDnsEnabled=request.get("PrivateDnsEnabled", False))


@operation("ec2", "DescribeVpcEndpoints")
async def describe_vpc_endpoints(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html."""
    found = (await proceed({name: value for name, value in request.items() if name == "VpcEndpointIds"}))[
        "VpcEndpoints"
    ]
    wanted = {each["Name"]: each["Values"] for each in request.get("Filters", [])}
    chosen = (each for each in found if "vpc-id" not in wanted or each["VpcId"] in wanted["vpc-id"])
    return {"VpcEndpoints": [each | kept(each["VpcEndpointId"]) for each in chosen]}


@provides("AWS::EC2::VPC")
class Vpc(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Refuse what EC2 does."""
        await _refuse_vpc(wanted.properties)
        made = await super().create(wanted)
        return Made(
            made.physical_id, made.attributes | {"VpcId": made.physical_id, "CidrBlock": wanted.properties["CidrBlock"]}
        )


@provides("AWS::EC2::Subnet")
class Subnet(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnet.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Refuse what EC2 does."""
        await _refuse_subnet(wanted.properties)
        return await super().create(wanted)


@provides("AWS::EC2::SecurityGroup")
class SecurityGroup(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Refuse what EC2 does."""
        await _refuse_group(wanted.properties)
        return await super().create(wanted)


@provides("AWS::EC2::EIP")
class ElasticIp(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-eip.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Allocate an address."""
        tags = _tagged("elastic-ip", wanted.properties)
        made = await call("ec2", "AllocateAddress", Domain="vpc", TagSpecifications=tags)
        return Made(made["PublicIp"], {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]})

    async def delete(self, resource: Resource) -> None:
        """Release it."""
        await call("ec2", "ReleaseAddress", AllocationId=resource.attributes["AllocationId"])


@provides("AWS::EC2::NatGateway")
class NatGateway(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-natgateway.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a gateway."""
        own = {name: value for name, value in wanted.properties.items() if name != "Tags"}
        made = await call("ec2", "CreateNatGateway", TagSpecifications=_tagged("natgateway", wanted.properties), **own)
        return Made(made["NatGateway"]["NatGatewayId"], {"NatGatewayId": made["NatGateway"]["NatGatewayId"]})

    async def delete(self, resource: Resource) -> None:
        """Remove it."""
        await call("ec2", "DeleteNatGateway", NatGatewayId=resource.physical_id)


@provides("AWS::EC2::FlowLog")
class FlowLog(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-flowlog.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Begin to record."""
        own = {name: value for name, value in wanted.properties.items() if name not in ("Tags", "ResourceId")}
        own["MaxAggregationInterval"] = int(own.get("MaxAggregationInterval", 600))
        tags, ids = _tagged("vpc-flow-log", wanted.properties), [wanted.properties["ResourceId"]]
        made = await call("ec2", "CreateFlowLogs", ResourceIds=ids, TagSpecifications=tags, **own)
        return Made(made["FlowLogIds"][0], {"Id": made["FlowLogIds"][0]})

    async def delete(self, resource: Resource) -> None:
        """Record no more."""
        await call("ec2", "DeleteFlowLogs", FlowLogIds=[resource.physical_id])


def _permission(properties: Fields) -> Fields:
    ports: Fields = {name: int(properties[name]) for name in ("FromPort", "ToPort") if name in properties}
    text = {"Description": properties["Description"]} if "Description" in properties else {}
    permission: Fields = {"IpProtocol": str(properties["IpProtocol"]), **ports}
    if "CidrIp" in properties:
        return permission | {"IpRanges": [{"CidrIp": properties["CidrIp"], **text}]}
    group = properties.get("SourceSecurityGroupId") or properties["DestinationSecurityGroupId"]
    return permission | {"UserIdGroupPairs": [{"GroupId": group, **text}]}


class _Rule(Provider):
    direction = ""

    async def create(self, wanted: Wanted) -> Made:
        """Let traffic through."""
        group, permission = wanted.properties["GroupId"], _permission(wanted.properties)
        authorize = f"AuthorizeSecurityGroup{self.direction}"
        made = await call("ec2", authorize, GroupId=group, IpPermissions=[permission])
        rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return Made(rule, {"Id": rule})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Describe it otherwise: nothing else can change in place."""
        await self.delete(before)
        return await self.create(wanted)

    async def delete(self, resource: Resource) -> None:
        """Let it through no more."""
        group, permission = resource.properties["GroupId"], _permission(resource.properties)
        await call("ec2", f"RevokeSecurityGroup{self.direction}", GroupId=group, IpPermissions=[permission])


@provides("AWS::EC2::SecurityGroupIngress")
class SecurityGroupIngress(_Rule):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html."""

    direction = "Ingress"


@provides("AWS::EC2::SecurityGroupEgress")
class SecurityGroupEgress(_Rule):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupegress.html."""

    direction = "Egress"


@provides("AWS::EC2::VPCEndpoint")
class VpcEndpoint(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make an endpoint, and keep whom it lets in."""
        await call("ec2", "DescribeVpcs", VpcIds=[wanted.properties["VpcId"]])
        made = await super().create(wanted)
        await _keep_endpoint(made.physical_id, wanted.properties, wanted.properties.get("SecurityGroupIds", []))
        return made

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it, and keep whom it lets in."""
        made = await super().update(wanted, before)
        await _keep_endpoint(made.physical_id, wanted.properties, wanted.properties.get("SecurityGroupIds", []))
        return made
