"""What every queue has: its messages encrypted, and reached by nobody without TLS."""

from __future__ import annotations

from typing import Any

from awacs.aws import Action, Bool, Condition, Deny, Principal, Statement
from troposphere import Tags, sqs

from tapgen.parts.policies import document

FORTNIGHT = 14 * 86400
"""The longest that SQS keeps a message."""


def dead_letters(title: str, given: dict[str, Any], name: str) -> sqs.Queue:
    """The queue for messages of *name* that could not be handled, with the *given* properties and policies.

    A message keeps its age when it comes here, so it must be kept for longer than where it comes from.

    Source:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
    """
    return sqs.Queue(
        title,
        **given,
        MessageRetentionPeriod=FORTNIGHT,
        SqsManagedSseEnabled=True,
        Tags=Tags(Name=f"{name}-dead-letters"),
    )


def tls_only_policy(queue: sqs.Queue, kept: dict[str, Any]) -> sqs.QueuePolicy:
    """Refuses whoever comes to *queue* without TLS, of any account; *kept* says what becomes of it.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
    """
    statement = Statement(
        Sid="NeverWithoutTls",
        Effect=Deny,
        Principal=Principal("*"),
        Action=[Action("sqs", "*")],
        Resource=[queue.get_att("Arn")],
        Condition=Condition(Bool("aws:SecureTransport", "false")),
    )
    return sqs.QueuePolicy(f"{queue.title}Policy", **kept, Queues=[queue.ref()], PolicyDocument=document(statement))
