"""Rotates a generated secret that belongs to no database: it gets a new password, and keeps its user name.

Secrets Manager calls this once for each of four steps, and begins again where one fails: each step can be repeated.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import json
import os
import secrets
import string

import boto3

LENGTH = int(os.environ["PASSWORD_LENGTH"])

SECRETS = boto3.client("secretsmanager")


def handler(event: dict[str, str], _context: object) -> None:
    """Take one step of a rotation; nobody else keeps the password, so there is nothing to set and to test."""
    secret, token = event["SecretId"], event["ClientRequestToken"]
    versions = SECRETS.describe_secret(SecretId=secret)["VersionIdsToStages"]
    if "AWSCURRENT" in versions.get(token, []):
        return  # The rotation is over; only its answer got lost.
    if "AWSPENDING" not in versions.get(token, []):
        raise ValueError(f"version {token} is not pending")
    before = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
    if event["Step"] == "createSecret":
        create_secret(secret, token)
    if event["Step"] == "finishSecret":
        SECRETS.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=before
        )


def create_secret(secret: str, token: str) -> None:
    """Keep a new password, unless an earlier attempt has."""
    try:
        SECRETS.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    except SECRETS.exceptions.ResourceNotFoundException:
        now = json.loads(SECRETS.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")["SecretString"])
        password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LENGTH))
        text = json.dumps(now | {"password": password})
        SECRETS.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=text, VersionStages=["AWSPENDING"]
        )
