"""What no stack has any more can be deleted, unless something needs it."""

from __future__ import annotations

from typing import Any

from .account import Account


def delete(account: Account, kind: str, identifier: str) -> dict[str, Any]:
    found = account("cloudcontrol").delete_resource(TypeName=kind, Identifier=identifier)
    return dict(found["ProgressEvent"])


def test_a_bucket_goes_once_it_is_empty(account: Account) -> None:
    """https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_DeleteResource.html"""
    account.bucket()
    account.upload("something")
    refused = delete(account, "AWS::S3::Bucket", account.templates)
    assert (refused["OperationStatus"], refused["ErrorCode"]) == ("FAILED", "GeneralServiceException")
    assert "not empty" in refused["StatusMessage"]
    for each in account("s3").list_objects_v2(Bucket=account.templates)["Contents"]:
        account("s3").delete_object(Bucket=account.templates, Key=each["Key"])
    done = delete(account, "AWS::S3::Bucket", account.templates)
    assert (done["OperationStatus"], done["Operation"]) == ("SUCCESS", "DELETE")
    assert account("s3").list_buckets()["Buckets"] == []
