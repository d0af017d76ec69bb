"""Functions of a template run their own code, against the local AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.localaws.account import REGION, Account

CODE = """
import os, time, boto3
sts = boto3.client("sts")

def handler(event, context):
    if event.get("fails"):
        raise ValueError("out of stock")
    time.sleep(event.get("sleeps", 0))
    said = {name: os.environ[name] for name in ("GREETING", "AWS_REGION", "AWS_ENDPOINT_URL")}
    return said | {"account": sts.get_caller_identity()["Account"], "event": event}
"""


@pytest.fixture
def function(account: Account) -> str:
    """The name of a function that a template has made."""
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [trusted]}}}
    properties = {
        "Code": {"ZipFile": CODE},
        "Environment": {"Variables": {"GREETING": "hello"}},
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.13",
        "Timeout": 1,
    }
    made = {"Role": role, "Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    assert account.create("s", {"Resources": made})["StackStatus"] == "CREATE_COMPLETE"
    return account.physical_id("s", "Function")


def invoked(account: Account, function: str, **event: Any) -> tuple[str | None, dict[str, Any]]:
    """What kind of error there was, and the payload."""
    answer = account("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return answer.get("FunctionError"), dict(json.load(answer["Payload"]))


def test_a_function_runs_in_its_account_with_its_environment(account: Account, function: str) -> None:
    assert invoked(account, function, order=7) == (
        None,
        {
            "GREETING": "hello",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": account.environment["AWS_ENDPOINT_URL"],
            "account": account.number,
            "event": {"order": 7},
        },
    )


def test_a_function_that_raises(account: Account, function: str) -> None:
    kind, payload = invoked(account, function, fails=True)
    assert (kind, payload["errorMessage"]) == ("Unhandled", "out of stock")


def test_a_function_that_takes_too_long(account: Account, function: str) -> None:
    kind, payload = invoked(account, function, sleeps=5)
    assert kind == "Unhandled"
    assert payload["errorMessage"].endswith("Task timed out after 1.00 seconds")
