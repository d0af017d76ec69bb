"""The kinds of values that travel between stacks, and the CloudFormation type that each arrives as.

The types are those of https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
"""

from tapgen.stack import Wire, Wires


class Text(Wire):
    """A name, an ARN, an address: anything without a CloudFormation type of its own."""


class VpcId(Wire):
    """The id of a VPC."""

    type = "AWS::EC2::VPC::Id"


class SecurityGroupId(Wire):
    """The id of a security group."""

    type = "AWS::EC2::SecurityGroup::Id"


class SubnetIds(Wires):
    """The ids of the subnets of one tier, one per zone."""

    type = "List<AWS::EC2::Subnet::Id>"
