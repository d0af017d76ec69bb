"""What can be said about the VPC."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapgen.config.types import Cidr, List, Model, SubnetId, VpcId


class ExistingNetwork(Model):
    """A VPC that is there already, with its subnets; its routes, ways out and flow logs are whose it is."""

    vpc: VpcId
    """The id of the VPC."""

    cidr: Cidr
    """The IPv4 addresses of the VPC, of which those of the subnets are a part."""

    public_subnets: List[SubnetId] = Field((), max_length=6)
    """The ids of the subnets for the load balancer, in at least two zones."""

    private_subnets: List[SubnetId] = Field(min_length=1, max_length=16)
    """The ids of the subnets for tasks, one per zone, with a way to AWS's APIs: through NAT or interface endpoints."""


class Network(Model):
    """The VPC."""

    existing: ExistingNetwork | None = None
    """A VPC that is there already; none is made then."""

    cidr: Cidr = "10.0.0.0/16"
    """The IPv4 addresses of the VPC."""

    zones: int = Field(3, ge=2, le=4)
    """In how many availability zones the VPC has subnets. Another can be added later: the subnets that are there keep
    their addresses."""

    subnet_prefix: int = Field(24, ge=16, le=27)
    """The prefix length of each subnet: 24 means 251 addresses for tasks. Cannot change once the VPC is deployed, since
    the new subnets would overlap the old."""

    public_subnets: List[Cidr] = ()
    """The public subnets, one per zone, where they are not to follow from `cidr` and `subnet_prefix`."""

    private_subnets: List[Cidr] = ()
    """The private subnets, one per zone, where they are not to follow from `cidr` and `subnet_prefix`."""

    nat: Literal["single", "per-az", "regional", "none"] = "per-az"
    """How private subnets reach the internet: `single`, one NAT gateway (cheap, fails with its zone); `per-az`, one in
    each zone; `regional`, one that follows the zones; or `none`, not at all."""

    endpoints: Literal["gateway", "interface"] | None = None
    """`gateway`: S3 and DynamoDB stay inside AWS, free of charge. `interface`: also what tasks call to start and run,
    paid by the hour and zone. By default `gateway`, or `interface` where there is no NAT."""

    flow_logs: Literal["all", "reject", "off"] = "all"
    """Which connections of the VPC are recorded in flow logs."""

    @property
    def addresses(self) -> str:
        """The addresses of the VPC, made or there already."""
        return self.existing.cidr if self.existing else self.cidr

    @property
    def has_interface_endpoints(self) -> bool:
        """Whether tasks reach AWS's APIs without leaving the VPC."""
        return (self.endpoints or ("interface" if self.nat == "none" else "gateway")) == "interface"
