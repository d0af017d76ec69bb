"""What all secrets that rotate have in common: a function that may, a schedule, and the rights on secret and key."""

from __future__ import annotations

from awacs import kms, secretsmanager
from awacs.aws import Condition, Statement, StringEquals
from troposphere import Ref, Sub, Template, awslambda
from troposphere import secretsmanager as resources

from tapgen.kinds import Text
from tapgen.parts.context import why
from tapgen.parts.functions import permission
from tapgen.parts.policies import allow


def schedule(template: Template, secret: resources.Secret, function: awslambda.Function, days: int) -> None:
    """Have *secret* rotated by *function*, for the first time at once.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
    """
    allowed = template.add_resource(
        permission(
            f"{function.title}Permission",
            function,
            Principal="secretsmanager.amazonaws.com",
            SourceAccount=Ref("AWS::AccountId"),
            SourceArn=secret.ref(),
        )
    )
    template.add_resource(
        resources.RotationSchedule(
            f"{secret.title}Rotation",
            DependsOn=allowed.title,
            Metadata=why("Begins at once, and again after every change of this resource."),
            SecretId=secret.ref(),
            RotationLambdaARN=function.get_att("Arn"),
            RotationRules=resources.RotationRules(AutomaticallyAfterDays=days),
        )
    )


def may_rotate(secret: resources.Secret, key_arn: Text) -> tuple[Statement, ...]:
    """Read *secret*, give it a new version, and make that the one in use; its key works through Secrets Manager alone.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
    """
    actions = [
        secretsmanager.DescribeSecret,
        secretsmanager.GetSecretValue,
        secretsmanager.PutSecretValue,
        secretsmanager.UpdateSecretVersionStage,
    ]
    return (
        allow("RotateTheSecret", actions, [secret.ref()]),
        allow("UseItsKey", [kms.Decrypt, kms.GenerateDataKey], [key_arn], through_secrets_manager()),
    )


def through_secrets_manager() -> Condition:
    """Only what Secrets Manager asks for on behalf of this account.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    """
    return Condition(
        StringEquals(
            {
                "kms:ViaService": Sub("secretsmanager.${AWS::Region}.amazonaws.com"),
                "kms:CallerAccount": Ref("AWS::AccountId"),
            }
        )
    )
