"""Network: the VPC, public and private subnets in every zone, and the ways out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import awacs.logs as log_actions
from awacs.aws import PolicyDocument
from troposphere import GetAZs, Select, Sub, Tags, Template, ec2, iam, logs

from tapgen.config import network
from tapgen.config.subnets import subnets
from tapgen.kinds import SubnetIds, VpcId
from tapgen.parts.context import arch, why
from tapgen.parts.log_groups import LogGroups
from tapgen.parts.policies import allow, document, trust
from tapgen.parts.present import present
from tapgen.parts.roles import Roles

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class Network:
    """The VPC and what belongs to nobody else."""

    config: network.Network
    name: str
    roles: Roles
    log_groups: LogGroups

    @dataclass(frozen=True)
    class Outputs:
        vpc_id: VpcId
        cidr: str
        public_subnet_ids: SubnetIds
        private_subnet_ids: SubnetIds

    def build(self, template: Template) -> Outputs:
        if given := self.config.existing:
            return self.Outputs(
                vpc_id=VpcId(given.vpc),
                cidr=given.cidr,
                public_subnet_ids=SubnetIds(given.public_subnets),
                private_subnet_ids=SubnetIds(given.private_subnets),
            )
        template.set_description("Network: the VPC, public and private subnets in every zone, and the ways out.")
        arch(template, f"Load balancer in public subnets, tasks in private ones; NAT: {self.config.nat}.")
        vpc = template.add_resource(self._vpc())
        gateway, attachment = self._internet_gateway(template, vpc)
        public_cidrs, private_cidrs = subnets(self.config)
        public = [
            template.add_resource(self._subnet(vpc, "Public", zone, cidr)) for zone, cidr in enumerate(public_cidrs)
        ]
        private = [
            template.add_resource(self._subnet(vpc, "Private", zone, cidr)) for zone, cidr in enumerate(private_cidrs)
        ]
        public_table = self._table(template, vpc, "Public", public)
        template.add_resource(
            ec2.Route(
                "PublicRoute",
                DependsOn=attachment.title,
                RouteTableId=public_table.ref(),
                DestinationCidrBlock=ANYWHERE,
                GatewayId=gateway.ref(),
            )
        )
        tables = [self._table(template, vpc, f"Private{zone + 1}", [subnet]) for zone, subnet in enumerate(private)]
        nats = self._nat_gateways(template, vpc, public, attachment)
        for zone, table in enumerate(tables if nats else []):
            template.add_resource(
                ec2.Route(
                    f"Private{zone + 1}Route",
                    RouteTableId=table.ref(),
                    DestinationCidrBlock=ANYWHERE,
                    NatGatewayId=nats[zone % len(nats)].ref(),
                )
            )
        for service in ("s3", "dynamodb"):
            template.add_resource(_gateway_endpoint(service, vpc, [public_table, *tables]))
        if self.config.flow_logs != "off":
            self._flow_log(template, vpc)
        return self.Outputs(
            vpc_id=VpcId(vpc.ref()),
            cidr=self.config.cidr,
            public_subnet_ids=SubnetIds([subnet.ref() for subnet in public]),
            private_subnet_ids=SubnetIds([subnet.ref() for subnet in private]),
        )

    def _vpc(self) -> ec2.VPC:
        return ec2.VPC(
            "Vpc",
            Metadata=why(
                "Everything of the platform lives in here.",
                "Never change CidrBlock: that replaces the VPC and all in it.",
            ),
            CidrBlock=self.config.cidr,
            EnableDnsHostnames=True,
            EnableDnsSupport=True,
            Tags=Tags(Name=self.name),
        )

    def _internet_gateway(
        self, template: Template, vpc: ec2.VPC
    ) -> tuple[ec2.InternetGateway, ec2.VPCGatewayAttachment]:
        gateway = template.add_resource(ec2.InternetGateway("InternetGateway", Tags=Tags(Name=self.name)))
        attachment = template.add_resource(
            ec2.VPCGatewayAttachment("InternetGatewayAttachment", VpcId=vpc.ref(), InternetGatewayId=gateway.ref())
        )
        return gateway, attachment

    def _subnet(self, vpc: ec2.VPC, tier: str, zone: int, cidr: str) -> ec2.Subnet:
        return ec2.Subnet(
            f"{tier}Subnet{zone + 1}",
            VpcId=vpc.ref(),
            AvailabilityZone=Select(zone, GetAZs()),
            CidrBlock=cidr,
            MapPublicIpOnLaunch=False,
            Tags=Tags(Name=f"{self.name}-{tier.lower()}-{zone + 1}"),
        )

    def _table(self, template: Template, vpc: ec2.VPC, title: str, members: Sequence[ec2.Subnet]) -> ec2.RouteTable:
        table = template.add_resource(
            ec2.RouteTable(f"{title}RouteTable", VpcId=vpc.ref(), Tags=Tags(Name=f"{self.name}-{title.lower()}"))
        )
        for subnet in members:
            template.add_resource(
                ec2.SubnetRouteTableAssociation(
                    f"{subnet.title}Routes", SubnetId=subnet.ref(), RouteTableId=table.ref()
                )
            )
        return table

    def _nat_gateways(
        self, template: Template, vpc: ec2.VPC, public: Sequence[ec2.Subnet], attachment: ec2.VPCGatewayAttachment
    ) -> list[ec2.NatGateway]:
        """As many as configured: zone n leaves through number n, or through the only one."""
        match self.config.nat:
            case "none":
                return []
            case "regional":
                return [template.add_resource(self._regional_nat_gateway(vpc, attachment))]
            case "single":
                zones = public[:1]
            case "per-az":
                zones = public
        return [
            self._zonal_nat_gateway(template, number, subnet, attachment)
            for number, subnet in enumerate(zones, start=1)
        ]

    def _regional_nat_gateway(self, vpc: ec2.VPC, attachment: ec2.VPCGatewayAttachment) -> ec2.NatGateway:
        return ec2.NatGateway(
            "NatGateway",
            DependsOn=attachment.title,
            Metadata=why("Follows the zones that have tasks; AWS may take an hour to follow a new one."),
            AvailabilityMode="regional",
            VpcId=vpc.ref(),
            Tags=Tags(Name=self.name),
        )

    def _zonal_nat_gateway(
        self, template: Template, number: int, subnet: ec2.Subnet, attachment: ec2.VPCGatewayAttachment
    ) -> ec2.NatGateway:
        name = Tags(Name=f"{self.name}-{number}")
        address = template.add_resource(
            ec2.EIP(f"NatAddress{number}", DependsOn=attachment.title, Domain="vpc", Tags=name)
        )
        single = why("The cheapest way out: when its zone fails, no zone reaches the internet.")
        return template.add_resource(
            ec2.NatGateway(
                f"NatGateway{number}",
                **present(Metadata=single if self.config.nat == "single" else None),
                SubnetId=subnet.ref(),
                AllocationId=address.get_att("AllocationId"),
                Tags=name,
            )
        )

    def _flow_log(self, template: Template, vpc: ec2.VPC) -> None:
        group = template.add_resource(self.log_groups.group("FlowLogGroup"))
        role = template.add_resource(
            self.roles.role(
                "FlowLogRole",
                "Lets the VPC write its flow logs, and nothing else.",
                trust(
                    "vpc-flow-logs.amazonaws.com",
                    "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-flow-log/*",
                ),
                iam.Policy(PolicyName="write-flow-logs", PolicyDocument=_may_write(group)),
            )
        )
        template.add_resource(
            ec2.FlowLog(
                "FlowLog",
                Metadata=why("Who talked to whom, for whoever has to find out later."),
                ResourceType="VPC",
                ResourceId=vpc.ref(),
                TrafficType={"all": "ALL", "reject": "REJECT"}[self.config.flow_logs],
                LogDestinationType="cloud-watch-logs",
                LogGroupName=group.ref(),
                DeliverLogsPermissionArn=role.get_att("Arn"),
                MaxAggregationInterval=600,
            )
        )


def _may_write(group: logs.LogGroup) -> PolicyDocument:
    """What the flow log may do: write to its own log group.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    return document(
        allow(
            "WriteToTheLogGroup",
            [log_actions.CreateLogStream, log_actions.PutLogEvents, log_actions.DescribeLogStreams],
            [group.get_att("Arn")],
        ),
        # This action knows no resource.
        allow("FindTheLogGroup", [log_actions.DescribeLogGroups], ["*"]),
    )


def _gateway_endpoint(service: str, vpc: ec2.VPC, tables: Sequence[ec2.RouteTable]) -> ec2.VPCEndpoint:
    return ec2.VPCEndpoint(
        f"{service.title()}Endpoint",
        VpcEndpointType="Gateway",
        ServiceName=Sub(f"com.amazonaws.${{AWS::Region}}.{service}"),
        VpcId=vpc.ref(),
        RouteTableIds=[table.ref() for table in tables],
    )
