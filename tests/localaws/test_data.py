"""Tables, buckets and queues of a template, with data in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapgen.localaws import gaps
from tests.localaws.account import Account
from tests.localaws.readback import properties

WEBSHOP = Path(__file__).parents[1] / "golden/platforms/webshop/templates_out"
TOPIC = {"ParameterKey": "AlertsTopicArn", "ParameterValue": "arn:aws:sns:eu-west-1:111111111111:alerts"}


def test_every_property_of_data_is_kept(account: Account) -> None:
    text = (WEBSHOP / "prod/data.yaml").read_text()
    assert account.create("data", text, Parameters=[TOPIC])["StackStatus"] == "CREATE_COMPLETE"
    read = list(properties(account, "data"))
    lost = [each for each in read if not each.kept and not gaps.known(each.kind, each.name)]
    assert len(read) > 50
    assert not lost, json.dumps([(each.kind, each.name, each.wanted, each.found) for each in lost], default=str)

    assert account.delete("data")["StackStatus"] == "DELETE_COMPLETE"
    assert len(account("dynamodb").list_tables()["TableNames"]) == 3


def table(**more: Any) -> dict[str, Any]:
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "day", "month")]
    given = {"KeySchema": keys, "AttributeDefinitions": attributes, "BillingMode": "PAY_PER_REQUEST"} | more
    return {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": given}}}


def index(name: str) -> dict[str, Any]:
    keys = [{"AttributeName": name, "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}


def test_a_table_changes_where_it_stands_and_keeps_its_items(account: Account) -> None:
    account.create("s", table())
    dynamodb = account("dynamodb")
    (name,) = dynamodb.list_tables()["TableNames"]
    dynamodb.put_item(TableName=name, Item={"id": {"S": "1"}})
    ttl = {"AttributeName": "expires", "Enabled": True}
    recovery = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    more = {"TimeToLiveSpecification": ttl, "PointInTimeRecoverySpecification": recovery}
    changed = account.update("s", table(GlobalSecondaryIndexes=[index("day")], **more))
    assert changed["StackStatus"] == "UPDATE_COMPLETE"
    assert dynamodb.list_tables()["TableNames"] == [name]
    assert dynamodb.scan(TableName=name)["Count"] == 1
    found = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert found["PointInTimeRecoveryDescription"]["RecoveryPeriodInDays"] == 7
    assert dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["AttributeName"] == "expires"


def test_indexes_change_one_at_a_time(account: Account) -> None:
    account.create("s", table())
    two = account.update("s", table(GlobalSecondaryIndexes=[index("day"), index("month")]))
    assert two["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any("more than one GSI" in (reason or "") for _, _, reason in account.events("s"))


def test_another_key_is_another_table(account: Account) -> None:
    account.create("s", table())
    (before,) = account("dynamodb").list_tables()["TableNames"]
    account.update("s", table(KeySchema=[{"AttributeName": "day", "KeyType": "HASH"}]))
    (after,) = account("dynamodb").list_tables()["TableNames"]
    assert after != before


def test_a_protected_table_is_not_deleted(account: Account) -> None:
    account.create("s", table(DeletionProtectionEnabled=True))
    assert account.delete("s")["StackStatus"] == "DELETE_FAILED"
    (name,) = account("dynamodb").list_tables()["TableNames"]
    with pytest.raises(ClientError, match="protected against deletion"):
        account("dynamodb").delete_table(TableName=name)
    account("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    assert account.delete("s")["StackStatus"] == "DELETE_COMPLETE"


def test_a_bucket_with_objects_is_not_deleted(account: Account) -> None:
    account.create("s", {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})
    (bucket,) = [each["Name"] for each in account("s3").list_buckets()["Buckets"]]
    account("s3").put_object(Bucket=bucket, Key="receipt", Body=b"7")
    assert account.delete("s")["StackStatus"] == "DELETE_FAILED"


def test_a_message_that_nobody_can_handle_ends_with_the_dead_letters(account: Account) -> None:
    text = (WEBSHOP / "dev/data.yaml").read_text()
    account.create("data", text, Parameters=[TOPIC])
    sqs = account("sqs")
    urls = {url.rpartition("/")[2].split("-")[1]: url for url in sqs.list_queues()["QueueUrls"]}
    sqs.send_message(QueueUrl=urls["MailsQueue"], MessageBody="hello")
    for _ in range(6):
        sqs.receive_message(QueueUrl=urls["MailsQueue"], VisibilityTimeout=0, WaitTimeSeconds=0)
    (dead,) = sqs.receive_message(QueueUrl=urls["MailsDeadLetters"], WaitTimeSeconds=0)["Messages"]
    assert dead["Body"] == "hello"
    assert account.delete("data")["StackStatus"] == "DELETE_COMPLETE"
    assert not sqs.list_queues().get("QueueUrls")
