"""A way back that fails, and what can be done then."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import Account
from tests.localaws.cloudformation.test_life_of_a_stack import BAD, TOPIC, nested, refusal


def test_a_way_back_that_fails_can_be_gone_on(slow: Account) -> None:
    def secret(text: str) -> dict[str, Any]:
        return {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": text}}

    slow.create("s", {"Resources": {"Secret": secret("one")}})
    gone = slow.physical_id("s", "Secret")
    slow("secretsmanager").describe_secret(SecretId=gone)
    resources = {"Secret": secret("two"), "Bad": BAD | {"DependsOn": "Secret"}}
    slow.cloudformation.update_stack(StackName="s", TemplateBody=json.dumps({"Resources": resources}))
    while ("Secret", "UPDATE_COMPLETE", "") not in slow.events("s"):
        time.sleep(0.02)
    slow("secretsmanager").delete_secret(SecretId=gone, ForceDeleteWithoutRecovery=True)
    assert slow.settled("s")["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    with pytest.raises(ClientError) as refused:
        slow.update("s", {"Resources": {"Topic": TOPIC}})
    assert refusal(refused)[1].endswith("is in UPDATE_ROLLBACK_FAILED state and can not be updated.")

    slow.cloudformation.continue_update_rollback(StackName="s")
    assert slow.settled("s")["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    slow.cloudformation.continue_update_rollback(StackName="s", ResourcesToSkip=["Secret"])
    assert slow.settled("s")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_it_fails_within_a_nested_stack(slow: Account) -> None:
    def child(text: str) -> str:
        secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": text}}
        return slow.upload(json.dumps({"Resources": {"Secret": secret}}))

    slow.bucket()
    slow.create("root", {"Resources": {"Child": nested(child("one"))}})
    name = slow.child("root", "Child")["StackName"]
    gone = slow.physical_id(name, "Secret")
    slow("secretsmanager").describe_secret(SecretId=gone)
    resources = {"Child": nested(child("two")), "Bad": BAD | {"DependsOn": "Child"}}
    slow.cloudformation.update_stack(StackName="root", TemplateBody=json.dumps({"Resources": resources}))
    while ("Child", "UPDATE_COMPLETE", "") not in slow.events("root"):
        time.sleep(0.02)
    slow("secretsmanager").delete_secret(SecretId=gone, ForceDeleteWithoutRecovery=True)

    assert slow.settled("root")["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    tries = slow.statuses(name, "Secret").count("UPDATE_FAILED")
    slow.cloudformation.continue_update_rollback(StackName="root")
    assert slow.settled("root")["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    assert slow.statuses(name, "Secret").count("UPDATE_FAILED") == tries + 1

    slow.cloudformation.continue_update_rollback(StackName="root", ResourcesToSkip=[f"{name}.Secret"])
    assert slow.settled("root")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert slow.stack(name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
