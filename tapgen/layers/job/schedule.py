"""What starts a job by the clock, what it may do for that, and what becomes of starts that fail."""

from __future__ import annotations

from dataclasses import dataclass

from awacs import ecs as actions
from awacs import sqs as queue_actions
from awacs.aws import ArnEquals, Condition, StringEquals
from awacs.iam import PassRole
from troposphere import Ref, Sub, Tags, Template, ecs, iam, scheduler, sqs

from tapgen.config.job import Job
from tapgen.kinds import SecurityGroupId, SubnetIds, Text
from tapgen.layers.workload.foundation import Foundation
from tapgen.parts import queues
from tapgen.parts.alarms import Threshold, metric
from tapgen.parts.context import why
from tapgen.parts.policies import allow, document, trust
from tapgen.parts.retention import retention

GOES = retention(protect=False)
"""What the dead letters say stands in an alarm too: nothing is lost with them."""

ECS = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run of a job is."""

    task: ecs.TaskDefinition
    provider: str
    cluster_name: Text
    subnet_ids: SubnetIds
    group_id: SecurityGroupId
    sessions: bool
    """Whether commands may be executed in it."""

    @property
    def cluster_arn(self) -> Sub:
        return Sub(f"{ECS}:cluster/{self.cluster_name}")


def group(family: Ref) -> Sub:
    """The task group that ECS puts a task in which no service started.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
    """
    return Sub(f"family:${{{family.to_dict()['Ref']}}}")


def schedule(template: Template, config: Job, run: Run, on: Foundation) -> None:
    """Add the schedule of a job, its role, and the queue of starts that failed, with an alarm.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    """
    dead_letters = template.add_resource(queues.dead_letters("DeadLetters", GOES, config.name))
    template.add_resource(queues.tls_only_policy(dead_letters, GOES))
    # Its ARN is what the role trusts: a schedule alone cannot be named there.
    own = template.add_resource(scheduler.ScheduleGroup("ScheduleGroup", Tags=Tags()))
    role = template.add_resource(_role(run, on, own, dead_letters))
    template.add_resource(_schedule(config, run, own, role, dead_letters))
    template.add_resource(
        on.alarms.alarm(
            "StartsFailed",
            f"{config.name} could not be started, and the start was given up.",
            metric(
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                {"QueueName": dead_letters.get_att("QueueName")},
                "Maximum",
            ),
            Threshold("GreaterThanThreshold", 0, minutes=1),
        )
    )


def _schedule(
    config: Job, run: Run, own: scheduler.ScheduleGroup, role: iam.Role, dead_letters: sqs.Queue
) -> scheduler.Schedule:
    """Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html ."""
    window = scheduler.FlexibleTimeWindow(Mode="OFF")
    if config.flexible:
        window = scheduler.FlexibleTimeWindow(Mode="FLEXIBLE", MaximumWindowInMinutes=config.flexible)
    return scheduler.Schedule(
        "Schedule",
        Metadata=why(
            "EventBridge Scheduler starts a task at least once each time, and does not wait for the one before: "
            "the job must bear two at once.",
        ),
        GroupName=own.ref(),
        Description=f"Starts {config.name}",
        ScheduleExpression=config.schedule,
        ScheduleExpressionTimezone=config.timezone,
        State="ENABLED" if config.enabled else "DISABLED",
        FlexibleTimeWindow=window,
        Target=scheduler.Target(
            Arn=run.cluster_arn,
            RoleArn=role.get_att("Arn"),
            EcsParameters=_parameters(run),
            RetryPolicy=scheduler.RetryPolicy(
                MaximumEventAgeInSeconds=config.max_age, MaximumRetryAttempts=config.retries
            ),
            DeadLetterConfig=scheduler.DeadLetterConfig(Arn=dead_letters.get_att("Arn")),
        ),
    )


def _parameters(run: Run) -> scheduler.EcsParameters:
    return scheduler.EcsParameters(
        TaskDefinitionArn=run.task.ref(),
        TaskCount=1,
        CapacityProviderStrategy=[scheduler.CapacityProviderStrategyItem(CapacityProvider=run.provider, Weight=1)],
        NetworkConfiguration=scheduler.NetworkConfiguration(
            AwsvpcConfiguration=scheduler.AwsVpcConfiguration(
                AssignPublicIp="DISABLED", Subnets=run.subnet_ids, SecurityGroups=[run.group_id]
            )
        ),
        EnableExecuteCommand=run.sessions,
        EnableECSManagedTags=True,
        PropagateTags="TASK_DEFINITION",
    )


def _role(run: Run, on: Foundation, own: scheduler.ScheduleGroup, dead_letters: sqs.Queue) -> iam.Role:
    """What EventBridge Scheduler may do for this job, revision after revision.

    Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html ,
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
    """
    task: ecs.TaskDefinition = run.task
    statements = [
        allow(
            "StartThisJobInThisCluster",
            [actions.RunTask],
            [Sub(f"{ECS}:task-definition/${{AWS::StackName}}:*")],
            Condition(ArnEquals("ecs:cluster", run.cluster_arn)),
        ),
        allow(
            "TagWhatItStarts",
            [actions.TagResource],
            [Sub(f"{ECS}:task/{run.cluster_name}/*")],
            Condition(StringEquals("ecs:CreateAction", "RunTask")),
        ),
        allow(
            "HandTheTaskItsRoles",
            [PassRole],
            [task.properties["ExecutionRoleArn"], task.properties["TaskRoleArn"]],
            Condition(StringEquals("iam:PassedToService", "ecs-tasks.amazonaws.com")),
        ),
        allow("KeepStartsThatFailed", [queue_actions.SendMessage], [dead_letters.get_att("Arn")]),
    ]
    return on.roles.role(
        "SchedulerRole",
        "EventBridge Scheduler uses it to start this job, and nothing else.",
        trust("scheduler.amazonaws.com", str(Text(own.get_att("Arn")))),
        iam.Policy(PolicyName="start-job", PolicyDocument=document(*statements)),
    )
