"""What all functions of an environment have in common: readable Python, rights of their own, and an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import awacs.logs as log_actions
from awacs.aws import Statement
from troposphere import AWSHelperFn, Template, awslambda, iam

from tapgen.functions import source
from tapgen.parts.alarms import Alarms, Threshold, metric
from tapgen.parts.context import why
from tapgen.parts.log_groups import LogGroups
from tapgen.parts.policies import allow, document, trust_whatever_for
from tapgen.parts.roles import Roles


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


@dataclass(frozen=True)
class Functions:
    """Makes the functions of one environment. Whoever calls them does so through AWS: none is in the VPC."""

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
        policy = iam.Policy(PolicyName="run", PolicyDocument=document(*program.statements, logs))
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
                Timeout=300,
                MemorySize=256,
                LoggingConfig=awslambda.LoggingConfig(LogGroup=group.ref()),
                Environment=awslambda.Environment(Variables=dict(program.environment)),
                Code=awslambda.Code(ZipFile=source(program.name)),
            )
        )
        template.add_resource(
            self.alarms.alarm(
                f"{title}Failed",
                f"{title} failed: {program.purpose[0].lower()}{program.purpose[1:]}",
                metric("AWS/Lambda", "Errors", {"FunctionName": function.ref()}, "Sum"),
                Threshold("GreaterThanThreshold", 0, minutes=1),
            )
        )
        return function


def permission(title: str, function: awslambda.Function, **caller: Any) -> awslambda.Permission:
    """Lets an AWS service call *function*."""
    return awslambda.Permission(title, Action="lambda:InvokeFunction", FunctionName=function.get_att("Arn"), **caller)
