"""One refusal, at least, of each service whose handlers are ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import REGION, Account


def failure(account: Account, kind: str, **properties: Any) -> str:
    """Why a resource of a type cannot be made."""
    account.create("s", {"Resources": {"It": {"Type": kind, "Properties": properties}}})
    return next(reason for name, status, reason in account.events("s") if (name, status) == ("It", "CREATE_FAILED"))


def test_a_key_that_does_not_let_logs_in(account: Account) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account.number}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    key = account("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    reason = failure(account, "AWS::Logs::LogGroup", KmsKeyId=key)
    assert "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:" in reason
    with pytest.raises(ClientError, match="is not allowed to be used"):
        account("logs").create_log_group(logGroupName="g", kmsKeyId=key)


def test_alarms_over_several_metrics(account: Account) -> None:
    cloudwatch = account("cloudwatch")
    stat = {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"}
    metrics = [
        {"Id": "result", "Expression": "errors * 100", "ReturnData": True},
        {"Id": "errors", "MetricStat": stat, "ReturnData": False},
    ]
    alarm: dict[str, Any] = {
        "AlarmName": "a",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1,
        "EvaluationPeriods": 1,
    }
    cloudwatch.put_metric_alarm(**alarm, Metrics=metrics)
    found = cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]
    assert [each["Id"] for each in found["Metrics"]] == ["result", "errors"]
    assert "MetricName" not in found
    with pytest.raises(ClientError, match="Exactly one element"):
        cloudwatch.put_metric_alarm(**alarm, Metrics=[{**each, "ReturnData": True} for each in metrics])


def test_one_identity_provider_for_each_address(account: Account) -> None:
    account("iam").create_open_id_connect_provider(Url="https://token.example.com", ThumbprintList=["0" * 40])
    reason = failure(account, "AWS::IAM::OIDCProvider", Url="https://token.example.com", ClientIdList=["sts"])
    assert "already exists" in reason


def test_tags_of_immutable_repositories(account: Account) -> None:
    ecr = account("ecr")
    excluded = [{"filterType": "WILDCARD", "filter": "in-use-*"}]
    ecr.create_repository(
        repositoryName="team/r",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=excluded,
    )
    for tag in ("1.0", "in-use-dev"):
        ecr.put_image(repositoryName="team/r", imageManifest='{"a": 1}', imageTag=tag)
    ecr.put_image(repositoryName="team/r", imageManifest='{"a": 2}', imageTag="in-use-dev")
    with pytest.raises(ecr.exceptions.ImageTagAlreadyExistsException):
        ecr.put_image(repositoryName="team/r", imageManifest='{"a": 2}', imageTag="1.0")


def test_a_repository_that_holds_images_stays(account: Account) -> None:
    account.create(
        "s", {"Resources": {"It": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "team/r"}}}}
    )
    account("ecr").put_image(repositoryName="team/r", imageManifest="{}", imageTag="1")
    assert account.delete("s")["StackStatus"] == "DELETE_FAILED"


@pytest.mark.parametrize("left", ["object", "version", "marker"])
def test_buckets_that_are_not_empty_stay(account: Account, left: str) -> None:
    s3, bucket = account("s3"), f"full-{account.number}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    if left != "object":
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    if left == "marker":
        s3.delete_object(Bucket=bucket, Key="k")
    else:
        s3.put_object(Bucket=bucket, Key="k", Body=b"")
    if left == "version":
        s3.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError) as refused:
        s3.delete_bucket(Bucket=bucket)
    assert refused.value.response["Error"]["Code"] == "BucketNotEmpty"


def test_a_secret_of_bytes_stays_as_it_is(account: Account) -> None:
    secrets, value = account("secretsmanager"), bytes(range(256))
    secrets.create_secret(Name="s", SecretBinary=b"first")
    secrets.put_secret_value(SecretId="s", SecretBinary=value)
    assert secrets.get_secret_value(SecretId="s")["SecretBinary"] == value


def test_names_of_nothing(account: Account) -> None:
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{account.number}:loadbalancer/app/none/0123456789abcdef"
    nothing: dict[str, dict[str, Any]] = {
        "AWS::SNS::Topic": {"KmsMasterKeyId": "11111111-1111-1111-1111-111111111111"},
        "AWS::SecretsManager::Secret": {"KmsKeyId": "11111111-1111-1111-1111-111111111111"},
        "AWS::Route53::RecordSet": {"HostedZoneId": "ZNOBODY", "Name": "a.example.com", "Type": "A"},
        "AWS::WAFv2::WebACLAssociation": {"ResourceArn": arn, "WebACLArn": "arn:aws:wafv2:::x"},
        "AWS::ApplicationAutoScaling::ScalableTarget": {
            "ServiceNamespace": "ecs",
            "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": "service/none/none",
            "MinCapacity": 1,
            "MaxCapacity": 2,
        },
    }
    for kind, properties in nothing.items():
        assert failure(account, kind, **properties), kind
        account.delete("s")
