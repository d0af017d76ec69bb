"""Release: what asks a new version before it gets requests."""

from __future__ import annotations

from dataclasses import dataclass

from awacs import awslambda as lambda_actions
from awacs import ec2, ecs
from troposphere import Sub, Template, awslambda, iam

from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.cluster import Cluster
from tapgen.layers.network import Network
from tapgen.parts.context import arch
from tapgen.parts.functions import Functions, Program
from tapgen.parts.policies import allow, document, trust_whatever_for
from tapgen.parts.roles import Roles


@dataclass(frozen=True)
class Hook:
    """A function that ECS calls on the way of a deployment, and what it calls it with."""

    function_arn: Text
    role_arn: Text


@dataclass(frozen=True, kw_only=True)
class Release:
    """What new versions of all services of an environment have in common."""

    tester_group_id: SecurityGroupId | None
    """The security group of the function that asks new versions; None where nobody asks them."""
    network: Network.Outputs
    cluster: Cluster.Outputs
    roles: Roles
    functions: Functions

    @dataclass(frozen=True)
    class Outputs:
        test: Hook | None

    def build(self, template: Template) -> Outputs:
        template.set_description("Release: what asks a new version before it gets requests.")
        arch(template, "ECS, at the test stage of a deployment -> function -> test listener -> the new version.")
        return self.Outputs(test=self._test(template, self.tester_group_id) if self.tester_group_id else None)

    def _test(self, template: Template, group_id: SecurityGroupId) -> Hook:
        """The function that asks new versions, and the role with which ECS calls it.

        Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-permissions.html ,
        https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
        """
        own = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"
        services = [Sub(f"{own}:{kind}/{self.cluster.name}/*") for kind in ("service", "service-deployment")]
        program = Program(
            title="TestVersion",
            name="test_version",
            purpose="Asks a new version by the test listener whether it answers rightly, before it gets requests.",
            environment={},
            statements=(
                allow("FindTheLoadBalancer", [ec2.DescribeNetworkInterfaces], ["*"]),
                allow("SeeWhetherAnythingIsLive", [ecs.ListServiceDeployments, ecs.DescribeServices], services),
            ),
            inside=awslambda.VPCConfig(SecurityGroupIds=[group_id], SubnetIds=self.network.private_subnet_ids),
        )
        function = self.functions.add(template, program)
        call = allow("CallIt", [lambda_actions.InvokeFunction], [function.get_att("Arn")])
        role = template.add_resource(
            self.roles.role(
                "HookRole",
                "ECS calls the function with it.",
                trust_whatever_for("ecs.amazonaws.com"),
                iam.Policy(PolicyName="call", PolicyDocument=document(call)),
            )
        )
        return Hook(Text(function.get_att("Arn")), Text(role.get_att("Arn")))
