"""Whole rotations, begun by Secrets Manager: the functions run as Lambda runs them."""

from __future__ import annotations

import time

import pytest

from tapgen.functions import source
from tests.functions.cluster import Cluster, Credentials


def rotated(cluster: Cluster, secret: str, function: str | None = None, seconds: float = 30) -> Credentials:
    """Have a secret rotated; gives what it holds then."""
    before = cluster.value(secret)
    cluster.secrets.rotate_secret(SecretId=secret, **({"RotationLambdaARN": function} if function else {}))
    end = time.monotonic() + seconds
    while cluster.value(secret) == before:
        assert time.monotonic() < end, "the rotation does not end"
        time.sleep(0.05)
    return cluster.value(secret)


def test_a_database_credential_rotates_and_the_old_one_works_until_the_next_rotation(cluster: Cluster) -> None:
    secret = cluster.secret("service")
    function = cluster.deploy("rotate-user", source("rotate_user"), cluster.environment())
    first = rotated(cluster, secret, function)
    second = rotated(cluster, secret)
    assert {cluster.login(first), cluster.login(second)} == {"service", "service_clone"}
    third = rotated(cluster, secret)
    assert (cluster.login(second), cluster.login(third)) == (second["username"], first["username"])
    described = cluster.secrets.describe_secret(SecretId=secret)
    assert described["LastRotatedDate"] >= described["CreatedDate"]


def test_a_secret_without_a_database_gets_another_password(cluster: Cluster) -> None:
    secret = cluster.secret("key")
    function = cluster.deploy("rotate-password", source("rotate_password"), {"PASSWORD_LENGTH": "40"})
    before, after = cluster.value(secret), rotated(cluster, secret, function)
    assert (after["username"], len(after["password"])) == (before["username"], 40)
    assert cluster.value(secret, "AWSPREVIOUS") == before


def test_a_function_that_secrets_manager_may_not_call_is_refused(cluster: Cluster) -> None:
    cluster.deploy("closed", "def handler(event, context): pass", {})
    cluster.account("lambda").remove_permission(FunctionName="closed", StatementId="rotation")
    arn = cluster.account("lambda").get_function(FunctionName="closed")["Configuration"]["FunctionArn"]
    with pytest.raises(cluster.secrets.exceptions.ClientError, match="cannot invoke the specified Lambda function"):
        cluster.secrets.rotate_secret(SecretId=cluster.secret("closed"), RotationLambdaARN=arn)


FAILS_ONCE = """
import boto3, os
def handler(event, context):
    secrets = boto3.client("secretsmanager")
    found = secrets.describe_secret(SecretId=event["SecretId"])
    if not found.get("Description"):
        secrets.update_secret(SecretId=event["SecretId"], Description="failed once")
        raise RuntimeError("not yet")
    if event["Step"] == "createSecret":
        secrets.put_secret_value(
            SecretId=event["SecretId"], ClientRequestToken=event["ClientRequestToken"],
            SecretString='{"username": "a", "password": "b"}',
        )
"""


def test_a_rotation_that_fails_is_attempted_again(cluster: Cluster) -> None:
    function = cluster.deploy("fails-once", FAILS_ONCE, {})
    assert rotated(cluster, cluster.secret("again"), function) == {"username": "a", "password": "b"}
