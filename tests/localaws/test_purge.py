"""What is kept of data can be deleted after all, with the AWS CLI."""

from __future__ import annotations

import time

import pytest

from tapgen.deploy.aws import Aws
from tapgen.deploy.kept import COSTS, Holding, purge
from tests.localaws.account import REGION, Account
from tests.localaws.test_data import table


@pytest.fixture
def aws(account: Account, monkeypatch: pytest.MonkeyPatch) -> Aws:
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)
    return Aws(REGION)


@pytest.mark.slow
def test_a_protected_table_and_a_queue_end_when_they_are_purged(account: Account, aws: Aws) -> None:
    account.create("s", table(DeletionProtectionEnabled=True))
    (name,) = account("dynamodb").list_tables()["TableNames"]
    url = account("sqs").create_queue(QueueName="mails")["QueueUrl"]
    held = [Holding("AWS::DynamoDB::Table", name, True), Holding("AWS::SQS::Queue", url, True)]
    assert [purge(aws, each) for each in held] == [
        "is gone, with its items",
        "will be gone in a minute, with its messages",
    ]
    assert all(each.cost for each in held)
    assert not account("dynamodb").list_tables()["TableNames"]
    ends = time.monotonic() + 5
    while account("sqs").list_queues().get("QueueUrls") and time.monotonic() < ends:
        time.sleep(0.1)
    assert not account("sqs").list_queues().get("QueueUrls")
    assert purge(aws, held[0]) == "is gone"
    assert purge(aws, Holding("AWS::SQS::QueuePolicy", "s-Policy", True)) == "goes with its queue"
    assert {"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"} <= COSTS.keys()
