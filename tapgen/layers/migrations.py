"""Migrations: what runs jobs to their end before tasks of a new version start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import awacs.cloudformation as cloudformation_actions
from awacs import ecs as actions
from awacs.aws import ArnEquals, Condition, Statement, StringEquals
from awacs.iam import PassRole
from troposphere import Sub, Template

from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.cluster import Cluster
from tapgen.parts.context import arch
from tapgen.parts.functions import Functions, Program
from tapgen.parts.policies import allow
from tapgen.stack import logical_id

HERE = "${AWS::Region}:${AWS::AccountId}"
ECS = f"arn:${{AWS::Partition}}:ecs:{HERE}"


@dataclass(frozen=True, kw_only=True)
class Migration:
    """A job, as far as others run it."""

    job: str
    family: Text
    """What its task definition is called, revision after revision."""
    task_definition_arn: Text
    execution_role_arn: Text
    task_role_arn: Text
    log_group_name: Text
    group_id: SecurityGroupId
    provider: str


@dataclass(frozen=True, kw_only=True)
class Migrations:
    """The function that CloudFormation has run them."""

    jobs: Mapping[str, Migration]
    """Those that migrate, by the stack of the service that waits for them."""
    stack_name: Text
    cluster: Cluster.Outputs
    functions: Functions

    @dataclass(frozen=True)
    class Outputs:
        function_arn: Text | None
        """None where no job migrates."""

    def build(self, template: Template) -> Outputs:
        if not self.jobs:
            return self.Outputs(None)
        template.set_description("Migrations: what runs jobs to their end before tasks of a new version start.")
        arch(template, "CloudFormation, before it changes a service -> function -> ECS: the job runs to its end.")
        function = self.functions.add(template, self._program())
        return self.Outputs(Text(function.get_att("Arn")))

    def _program(self) -> Program:
        """As long as Lambda lets it run: 15 minutes.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        """
        return Program(
            title="Migrate",
            name="migrate",
            purpose="Runs the job that migrates for a service to its end, before tasks of its new version start.",
            environment={},
            statements=tuple(self._rights()),
            timeout=900,
            calls_itself=True,
        )

    def _rights(self) -> list[Statement]:
        """What it needs to run those jobs in this cluster, and to see whether a stack is on its way back.

        Sources:
        https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html ,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
        """
        jobs = self.jobs.values()
        tasks = Sub(f"{ECS}:task/{self.cluster.name}/*")
        in_cluster = Condition(ArnEquals("ecs:cluster", Sub(f"{ECS}:cluster/{self.cluster.name}")))
        return [
            allow(
                "RunTheseJobsInThisCluster",
                [actions.RunTask],
                [Sub(f"{ECS}:task-definition/{job.family}:*") for job in jobs],
                in_cluster,
            ),
            allow(
                "TagWhatItRuns",
                [actions.TagResource],
                [tasks],
                Condition(StringEquals("ecs:CreateAction", "RunTask")),
            ),
            allow(
                "HandTheTasksTheirRoles",
                [PassRole],
                [arn for job in jobs for arn in (job.execution_role_arn, job.task_role_arn)],
                Condition(StringEquals("iam:PassedToService", "ecs-tasks.amazonaws.com")),
            ),
            allow("WaitForThemOrStopThem", [actions.DescribeTasks, actions.StopTask], [tasks]),
            allow("SeeWhetherTheWayIsBack", [cloudformation_actions.DescribeStacks], self._stacks()),
        ]

    def _stacks(self) -> list[Sub]:
        """The stacks of the services: a nested stack is called by its root, its logical id, and something random."""
        start = f"arn:${{AWS::Partition}}:cloudformation:{HERE}:stack/{self.stack_name}"
        return [Sub(f"{start}-{logical_id(stack)}-*/*") for stack in self.jobs]
