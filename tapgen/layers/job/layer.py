"""Job: its roles, logs and task, what starts it, and word of runs that fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import Join, Output, Ref, Template, events, logs

from tapgen import placeholder
from tapgen.config.job import Job as JobConfig
from tapgen.config.workload import APP
from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.job import schedule
from tapgen.layers.job.schedule import Run
from tapgen.layers.migrations import Migration
from tapgen.layers.workload.foundation import Foundation
from tapgen.layers.workload.task import Task
from tapgen.parts.context import arch, why

FAMILY = Ref("AWS::StackName")
"""What the task definition is called, revision after revision: rights and events know a job by it."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of one environment."""

    config: JobConfig
    group_id: SecurityGroupId
    migrates: bool
    """Whether a service waits for it."""
    on: Foundation

    @dataclass(frozen=True)
    class Outputs:
        migration: Migration | None

    def build(self, template: Template) -> Outputs:
        name = self.config.name
        template.set_description(f"Job {name}: its roles, logs and task, what starts it, and word of runs that fail.")
        arch(template, self._shape())
        log_group = template.add_resource(self.on.log_groups.group("LogGroup", self.config.log_days))
        task = Task(
            config=self.config,
            on=self.on,
            log_group=log_group,
            placeholder=placeholder.job_command(),
            told={},
            brought=self.on.brought[self.config.name],
        ).define(template)
        task.Family = FAMILY
        run = Run(
            task=task,
            provider="FARGATE_SPOT" if self.config.spot else "FARGATE",
            cluster_name=self.on.cluster.name,
            subnet_ids=self.on.network.private_subnet_ids,
            group_id=self.group_id,
            sessions=self.on.cluster.exec is not None,
        )
        if self.config.schedule:
            schedule.schedule(template, self.config, run, self.on)
        template.add_resource(self._failed_runs())
        for title, value in _told(run).items():
            template.add_output(Output(title, Value=value))
        return self.Outputs(self._migration(run, log_group) if self.migrates else None)

    def _migration(self, run: Run, log_group: logs.LogGroup) -> Migration:
        return Migration(
            job=self.config.name,
            family=Text(FAMILY),
            task_definition_arn=Text(run.task.ref()),
            execution_role_arn=Text(run.task.properties["ExecutionRoleArn"]),
            task_role_arn=Text(run.task.properties["TaskRoleArn"]),
            log_group_name=Text(log_group.ref()),
            group_id=self.group_id,
            provider=run.provider,
        )

    def _shape(self) -> str:
        if not self.config.schedule:
            return "make task -> task definition -> one task on Fargate. Failed runs -> alerts."
        return "Schedule -> task definition -> one task on Fargate. Starts that failed -> dead letters; runs -> alerts."

    def _failed_runs(self) -> events.Rule:
        """Every run whose container ended with an error, or which AWS could not start or had to stop.

        Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html ,
        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html (stopCode) ,
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
        """
        failed: list[dict[str, Any]] = [
            {"containers": {"name": [APP], "exitCode": [{"anything-but": [0]}]}},
            {"stopCode": ["TaskFailedToStart", "SpotInterruption", "TerminationNotice"]},
        ]
        return events.Rule(
            "FailedRuns",
            Metadata=why("Nobody waits for a job: without this a run that fails would be seen in its log alone."),
            EventPattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Task State Change"],
                "detail": {"group": [schedule.group(FAMILY)], "lastStatus": ["STOPPED"], "$or": failed},
            },
            Targets=[events.Target(Id="alerts", Arn=self.on.alarms.topic_arn)],
        )


def _told(run: Run) -> dict[str, Any]:
    """What `make task` runs the job with."""
    return {
        "TaskDefinitionArn": run.task.ref(),
        "ClusterName": run.cluster_name,
        "SubnetIds": Join(",", run.subnet_ids),
        "SecurityGroupId": run.group_id,
        "CapacityProvider": run.provider,
    }
