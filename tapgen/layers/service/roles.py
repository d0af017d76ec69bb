"""The two roles of a task: what Fargate may do to start it, and what the code in it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awacs.logs as log_actions
from awacs import ecr, kms, secretsmanager, ssmmessages
from awacs.aws import Condition, PolicyDocument, Statement, StringEquals
from troposphere import Ref, Sub, iam, logs

from tapgen.parts.policies import allow, document, trust

if TYPE_CHECKING:
    from tapgen.layers.service.layer import Service

TASKS = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*"


def _trust() -> PolicyDocument:
    """Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html."""
    return trust("ecs-tasks.amazonaws.com", TASKS)


def execution_role(service: Service, group: logs.LogGroup) -> iam.Role:
    """What Fargate may do before the containers run, and for their logs.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    """
    statements = [
        # This action knows no resource.
        allow("LogInToRegistries", [ecr.GetAuthorizationToken], ["*"]),
        allow(
            "PullItsOwnImage",
            [ecr.BatchCheckLayerAvailability, ecr.GetDownloadUrlForLayer, ecr.BatchGetImage],
            [
                Sub(
                    f"arn:${{AWS::Partition}}:ecr:${{AWS::Region}}:${{AWS::AccountId}}:repository/{service.on.platform}/{service.config.name}"
                )
            ],
        ),
        allow("WriteItsOwnLogs", [log_actions.CreateLogStream, log_actions.PutLogEvents], [group.get_att("Arn")]),
        *_may_read_secrets(service),
    ]
    return service.on.roles.role(
        "ExecutionRole",
        "Fargate uses it to start tasks; the code in the containers never has it.",
        _trust(),
        iam.Policy(PolicyName="start-tasks", PolicyDocument=document(*statements)),
    )


def _may_read_secrets(service: Service) -> list[Statement]:
    """Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html."""
    names = dict.fromkeys(part.partition(".")[0] for part in service.config.secrets.values())
    if not names or not service.on.credentials:
        return []
    through = Condition(
        StringEquals(
            {
                "kms:ViaService": Sub("secretsmanager.${AWS::Region}.amazonaws.com"),
                "kms:CallerAccount": Ref("AWS::AccountId"),
            }
        )
    )
    return [
        allow("ReadItsSecrets", [secretsmanager.GetSecretValue], [service.on.credentials.arns[name] for name in names]),
        allow("DecryptItsSecrets", [kms.Decrypt], [service.on.credentials.key_arn], through),
    ]


def task_role(service: Service) -> iam.Role:
    """What the code may do: nothing of AWS, but for sessions where they are allowed.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    policies = []
    if session := service.on.cluster.exec:
        channels = [
            ssmmessages.CreateControlChannel,
            ssmmessages.CreateDataChannel,
            ssmmessages.OpenControlChannel,
            ssmmessages.OpenDataChannel,
        ]
        record = [log_actions.CreateLogStream, log_actions.DescribeLogStreams, log_actions.PutLogEvents]
        statements = [
            # These actions know no resource.
            allow("OpenSessions", channels, ["*"]),
            allow("FindTheRecord", [log_actions.DescribeLogGroups], ["*"]),
            allow("RecordSessions", record, [session.log_group_arn]),
            allow("EncryptSessions", [kms.Decrypt], [session.key_arn]),
        ]
        policies.append(iam.Policy(PolicyName="execute-command", PolicyDocument=document(*statements)))
    return service.on.roles.role("TaskRole", "What the code in the containers may do.", _trust(), *policies)
