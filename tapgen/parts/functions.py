"""What all functions of an environment have in common: readable Python, rights of their own, and an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import awacs.awslambda as lambda_actions
import awacs.logs as log_actions
from awacs import ec2
from awacs.aws import Statement
from troposphere import AWSHelperFn, Template, awslambda, iam

from tapgen.functions import source
from tapgen.parts.alarms import Alarms, Threshold, metric
from tapgen.parts.context import why
from tapgen.parts.log_groups import LogGroups
from tapgen.parts.policies import allow, document, trust_whatever_for
from tapgen.parts.present import present
from tapgen.parts.roles import Roles

_INTERFACES = (
    ec2.CreateNetworkInterface,
    ec2.DescribeNetworkInterfaces,
    ec2.DescribeSubnets,
    ec2.DeleteNetworkInterface,
    ec2.AssignPrivateIpAddresses,
    ec2.UnassignPrivateIpAddresses,
)
"""What Lambda needs to put a function into a VPC.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A function that is to be."""

    title: str
    name: str
    """What its program is called among those of `tapgen.functions`."""
    purpose: str
    environment: Mapping[str, AWSHelperFn | str]
    statements: tuple[Statement, ...]
    """What it may do, beside writing its log."""
    inside: awslambda.VPCConfig | None = None
    """Where in the VPC it is; None where it calls nothing but AWS."""
    timeout: int = 300
    """Seconds that it may run."""
    calls_itself: bool = False
    """Whether it may, to go on where its time does not suffice."""


@dataclass(frozen=True)
class Functions:
    """Makes the functions of one environment. Whoever calls them does so through AWS."""

    roles: Roles
    log_groups: LogGroups
    alarms: Alarms

    def add(self, template: Template, program: Program) -> awslambda.Function:
        """The function, its role, its log group, and the alarm that tells when it fails.

        Lambda does not say for which function it assumes a role.

        Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html ,
        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
        """
        title = program.title
        group = template.add_resource(self.log_groups.group(f"{title}LogGroup"))
        logs = allow("WriteItsLog", [log_actions.CreateLogStream, log_actions.PutLogEvents], [group.get_att("Arn")])
        interfaces = [allow("HaveInterfaces", _INTERFACES, ["*"])] if program.inside else []
        policy = iam.Policy(PolicyName="run", PolicyDocument=document(*program.statements, *interfaces, logs))
        trusted = trust_whatever_for("lambda.amazonaws.com")
        role = template.add_resource(self.roles.role(f"{title}Role", f"{title} runs with it.", trusted, policy))
        function = template.add_resource(
            awslambda.Function(
                title,
                Metadata=why(program.purpose),
                Description=program.purpose,
                Runtime="python3.13",
                Architectures=["arm64"],
                Handler="index.handler",
                Role=role.get_att("Arn"),
                Timeout=program.timeout,
                MemorySize=256,
                LoggingConfig=awslambda.LoggingConfig(LogGroup=group.ref()),
                **present(Environment=_environment(program), VpcConfig=program.inside),
                Code=awslambda.Code(ZipFile=source(program.name)),
            )
        )
        if program.calls_itself:
            template.add_resource(_again(title, role, function))
        template.add_resource(
            self.alarms.alarm(
                f"{title}Failed",
                f"{title} failed: {program.purpose[0].lower()}{program.purpose[1:]}",
                metric("AWS/Lambda", "Errors", {"FunctionName": function.ref()}, "Sum"),
                Threshold("GreaterThanThreshold", 0, minutes=1),
            )
        )
        return function


def _environment(program: Program) -> awslambda.Environment | None:
    return awslambda.Environment(Variables=dict(program.environment)) if program.environment else None


def _again(title: str, role: iam.Role, function: awslambda.Function) -> iam.RolePolicy:
    """Not in the role itself, which is made before the function."""
    call = allow("CallItself", [lambda_actions.InvokeFunction], [function.get_att("Arn")])
    return iam.RolePolicy(
        f"{title}Again", RoleName=role.ref(), PolicyName="call-itself", PolicyDocument=document(call).JSONrepr()
    )


def permission(title: str, function: awslambda.Function, **caller: Any) -> awslambda.Permission:
    """Lets an AWS service call *function*."""
    return awslambda.Permission(title, Action="lambda:InvokeFunction", FunctionName=function.get_att("Arn"), **caller)
