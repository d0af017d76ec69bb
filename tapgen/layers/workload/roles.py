"""The two roles of a task: what Fargate may do to start it, and what the code in it may do."""

from __future__ import annotations

from collections.abc import Iterable

import awacs.logs as log_actions
from awacs import kms, secretsmanager, ssmmessages
from awacs.aws import PolicyDocument, Statement
from troposphere import iam, logs

from tapgen.config.workload import Workload, containers, secrets
from tapgen.layers.workload import access, existing, telemetry
from tapgen.layers.workload.foundation import Foundation
from tapgen.parts.policies import allow, document, trust
from tapgen.parts.rotation import through_secrets_manager

TASKS = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*"


def _trust() -> PolicyDocument:
    """Lets tasks of this account and Region have the role.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    return trust("ecs-tasks.amazonaws.com", TASKS)


def execution_role(config: Workload, on: Foundation, group: logs.LogGroup, brought: Iterable[str]) -> iam.Role:
    """What Fargate may do before the containers run, and for their logs.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    """
    statements = [
        *on.images.rights(config, brought),
        allow("WriteItsOwnLogs", [log_actions.CreateLogStream, log_actions.PutLogEvents], [group.get_att("Arn")]),
        *_may_read_secrets(config, on),
        *existing.rights(
            (each for _, container in containers(config) for each in container.existing.values()), config.secret_keys
        ),
    ]
    return on.roles.role(
        "ExecutionRole",
        "Fargate uses it to start tasks; the code in the containers never has it.",
        _trust(),
        iam.Policy(PolicyName="start-tasks", PolicyDocument=document(*statements)),
    )


def _may_read_secrets(config: Workload, on: Foundation) -> list[Statement]:
    """Lets Fargate read the secrets that the service names, and decrypt them through Secrets Manager alone.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    """
    names = secrets(config)
    if not names or not on.credentials_key_arn:
        return []
    return [
        allow("ReadItsSecrets", [secretsmanager.GetSecretValue], [on.secret_arns[name] for name in names]),
        allow("DecryptItsSecrets", [kms.Decrypt], [on.credentials_key_arn], through_secrets_manager()),
    ]


def task_role(config: Workload, on: Foundation, group: logs.LogGroup, *further: iam.Policy) -> iam.Role:
    """What the code may do: what the file says, send telemetry, and open sessions where they are allowed.

    Containers of a task share it, so what those beside the workload's own may do is *further* to that.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    policies = list(further)
    said = [*access.statements(config, on.data), *access.further(config, on.account, on.region)]
    if said:
        policies.append(iam.Policy(PolicyName="access", PolicyDocument=document(*said)))
    if config.telemetry:
        policies.append(iam.Policy(PolicyName=telemetry.NAME, PolicyDocument=document(*telemetry.rights(group))))
    if session := on.cluster.exec:
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
    return on.roles.role("TaskRole", "What the code in the containers may do.", _trust(), *policies)
