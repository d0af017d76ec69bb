"""Secrets and parameters that the platform does not make: how a container gets them, and the rights that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awacs import kms, secretsmanager, ssm
from awacs.aws import Condition, Statement, StringEquals
from troposphere import Ref, Sub

from tapgen.config.existing import Existing
from tapgen.parts.arns import here
from tapgen.parts.policies import allow


def source(existing: Existing) -> Sub:
    """Where Fargate finds the value, as `arn:json-key:version-stage:version-id`.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    return Sub(_arn(existing) + (f":{existing.key}::" if existing.key else ""))


def rights(all_existing: Iterable[Existing], keys: Iterable[str]) -> Iterator[Statement]:
    """Lets Fargate read them, and decrypt them with *keys*, where they are not encrypted with AWS's own.

    A secret that is only named has six more characters in its ARN, which nobody knows before.

    Sources: https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html
    """
    found = dict.fromkeys(all_existing)
    arns = {each: _arn(each) + ("" if each.is_whole else "-??????") for each in found}
    secrets = dict.fromkeys(arn for each, arn in arns.items() if each.service == "secretsmanager")
    parameters = dict.fromkeys(arn for each, arn in arns.items() if each.service == "ssm")
    if secrets:
        yield allow("ReadExistingSecrets", [secretsmanager.GetSecretValue], [Sub(arn) for arn in secrets])
    if parameters:
        yield allow("ReadParameters", [ssm.GetParameters], [Sub(arn) for arn in parameters])
    if given := [here(key) for key in keys]:
        through = [f"{service}.${{AWS::Region}}.amazonaws.com" for service in dict.fromkeys(e.service for e in found)]
        asked = {"kms:ViaService": [Sub(each) for each in through], "kms:CallerAccount": Ref("AWS::AccountId")}
        yield allow("DecryptThem", [kms.Decrypt], given, Condition(StringEquals(asked)))


def _arn(existing: Existing) -> str:
    kind = "secret:" if existing.service == "secretsmanager" else "parameter"
    return f"arn:${{AWS::Partition}}:{existing.service}:${{AWS::Region}}:${{AWS::AccountId}}:{kind}{existing.name}"
