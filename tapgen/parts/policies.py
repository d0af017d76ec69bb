"""Who may assume a role, and what every layer's policies share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from awacs.aws import Action, Allow, ArnLike, Condition, PolicyDocument, Principal, Statement, StringEquals
from awacs.sts import AssumeRole
from troposphere import AWSHelperFn, Ref, Sub

VERSION = "2012-10-17"


def allow(
    sid: str, actions: Sequence[Action], resources: Sequence[AWSHelperFn | str], condition: Condition | None = None
) -> Statement:
    """One statement that allows *actions* on *resources*."""
    extra = {"Condition": condition} if condition else {}
    return Statement(Sid=sid, Effect=Allow, Action=list(actions), Resource=list(resources), **extra)


def actions(service: str, names: Iterable[str]) -> list[Action]:
    """Actions of one service."""
    return [Action(service, name) for name in names]


def equals(key: str, values: Iterable[str]) -> Condition:
    """Holds where *key* has one of *values*."""
    return Condition(StringEquals(key, list(values)))


def document(*statements: Statement) -> PolicyDocument:
    """A policy of these statements."""
    return PolicyDocument(Version=VERSION, Statement=list(statements))


def trust(service: str, source: str | None = None) -> PolicyDocument:
    """Lets *service* assume a role for this account alone, and where given, for resources like the ARN *source* alone.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    account = StringEquals("aws:SourceAccount", Ref("AWS::AccountId"))
    condition = Condition([account, ArnLike("aws:SourceArn", Sub(source))] if source else account)
    return document(
        Statement(Effect=Allow, Principal=Principal("Service", service), Action=[AssumeRole], Condition=condition)
    )


def trust_whatever_for(service: str) -> PolicyDocument:
    """Lets *service* assume a role, where it does not say for whom: a condition would keep it out.

    Only who may hand the role over can have it used, and that is nobody of another account.
    """
    return document(Statement(Effect=Allow, Principal=Principal("Service", service), Action=[AssumeRole]))
