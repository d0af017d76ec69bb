"""Keys: what encrypts logs, alerts, credentials and sessions, and who may use each."""

from __future__ import annotations

from dataclasses import dataclass

import awacs.kms as actions
from awacs.aws import Action, Allow, ArnLike, Condition, PolicyDocument, Principal, Statement
from troposphere import Sub, Template, kms

from tapgen.config import model
from tapgen.kinds import Text
from tapgen.parts.arns import here
from tapgen.parts.context import arch, why
from tapgen.parts.policies import document
from tapgen.parts.publishers import publishers
from tapgen.parts.retention import retention
from tapgen.stack import logical_id


@dataclass(frozen=True, kw_only=True)
class Keys:
    """One key for each purpose, so that whoever may use one can do nothing with the others."""

    given: model.KeyArns
    """Those that are there already."""
    stack_name: Text
    protect: bool
    alerts: bool
    """Whether the platform has a topic of its own."""
    credentials: bool
    """Whether the platform generates secrets."""
    databases: bool
    """Whether there are databases."""
    mesh: bool
    """Whether Service Connect encrypts what services say to each other."""
    exec: bool
    """Whether commands may be executed in containers."""

    @dataclass(frozen=True)
    class Outputs:
        logs_key_arn: Text
        alerts_key_arn: Text | None
        credentials_key_arn: Text | None
        exec_key_arn: Text | None
        databases_key_arn: Text | None
        mesh_key_arn: Text | None

    def build(self, template: Template) -> Outputs:
        template.set_description("Keys: what encrypts logs, alerts, credentials and sessions, and who may use each.")
        arch(
            template,
            "One KMS key per purpose. The account decides through IAM who uses it; AWS services only as said here.",
        )
        for_alerts = publishers([actions.Decrypt, Action("kms", "GenerateDataKey*")], "*")
        logs = self._key(template, "logs", "Encrypts every log group of the platform.", self._for_logs())
        alerts = credentials = exec_key = databases = mesh = None
        if self.alerts:
            alerts = self._key(template, "alerts", "Encrypts what is sent to the alerts topic.", *for_alerts)
        if self.credentials:
            credentials = self._key(template, "credentials", "Encrypts the generated secrets.")
        if self.exec:
            exec_key = self._key(template, "exec", "Encrypts the sessions of execute-command.")
        if self.databases:
            databases = self._key(template, "databases", "Encrypts the databases, their logs excepted.")
        if self.mesh:
            mesh = self._key(template, "mesh", "Encrypts the private keys that ECS makes for Service Connect.")
        return self.Outputs(logs, alerts, credentials, exec_key, databases, mesh)

    def _key(self, template: Template, name: str, purpose: str, *statements: Statement) -> Text:
        if given := getattr(self.given, name):
            return Text(here(given))
        key = kms.Key(
            f"{logical_id(name)}Key",
            **retention(self.protect),
            Metadata=why(
                purpose,
                "Whatever it encrypted can never be read again once it is deleted.",
                mutable="must-never-change",
            ),
            Description=purpose,
            EnableKeyRotation=True,
            RotationPeriodInDays=365,
            PendingWindowInDays=30 if self.protect else 7,
            KeyPolicy=_policy(*statements),
        )
        return Text(template.add_resource(key).get_att("Arn"))

    def _for_logs(self) -> Statement:
        """CloudWatch Logs may use the key for this platform's log groups, whose names begin with the root stack's, and
        for those of clusters, whose names are RDS's.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        """
        names = [f"{self.stack_name}-*", *(["/aws/rds/cluster/*"] if self.databases else [])]
        groups = [
            Sub(f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{name}") for name in names
        ]
        return Statement(
            Sid="CloudWatchLogsForThisPlatform",
            Effect=Allow,
            Principal=Principal("Service", Sub("logs.${AWS::Region}.amazonaws.com")),
            Action=[
                actions.Encrypt,
                actions.Decrypt,
                Action("kms", "ReEncrypt*"),
                Action("kms", "GenerateDataKey*"),
                actions.DescribeKey,
            ],
            Resource=["*"],
            Condition=Condition(ArnLike("kms:EncryptionContext:aws:logs:arn", groups if self.databases else groups[0])),
        )


def _policy(*statements: Statement) -> PolicyDocument:
    """The account's own IAM policies decide; without this statement nobody could ever change the key again.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    account = Principal("AWS", Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root"))
    own = Statement(
        Sid="TheAccountDecides", Effect=Allow, Principal=account, Action=[Action("kms", "*")], Resource=["*"]
    )
    return document(own, *statements)
