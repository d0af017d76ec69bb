"""What all log groups of an environment have in common: encrypted, kept for so long, retained or not."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Ref, ecs, logs

from tapgen.kinds import Text
from tapgen.parts.retention import retention


@dataclass(frozen=True)
class LogGroups:
    """Makes the log groups of one environment. Their names are CloudFormation's, and begin with the root stack's."""

    key_arn: Text
    days: int
    protect: bool

    def group(self, title: str, days: int | None = None) -> logs.LogGroup:
        """An encrypted log group; *days* where it is kept longer or shorter than the others."""
        return logs.LogGroup(title, **retention(self.protect), RetentionInDays=days or self.days, KmsKeyId=self.key_arn)


def log_configuration(group: logs.LogGroup, stream: str) -> ecs.LogConfiguration:
    """Containers never wait for CloudWatch; what does not fit into the buffer is lost.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    """
    return ecs.LogConfiguration(
        LogDriver="awslogs",
        Options={
            "awslogs-group": group.ref(),
            "awslogs-region": Ref("AWS::Region"),
            "awslogs-stream-prefix": stream,
            "mode": "non-blocking",
            "max-buffer-size": "25m",
        },
    )
