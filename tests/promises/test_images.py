"""Images: where they are kept, and for how long."""

from __future__ import annotations

import json
from typing import Any

from .contract import drop, promise, put, swap
from .reading import rights
from .resolved import Platform

REPOSITORY = "registry/PaymentRepository"
OURS = {"tapgen.placeholder", "tapgen.envoy", "tapgen.certificates"}
"""What tapgen itself may run, before services and beside them."""


@promise(
    "images",
    defects=[8, 21, 23],
    broken_by={
        "a service without a repository": drop(REPOSITORY),
        "no scan": put(f"{REPOSITORY}/ImageScanningConfiguration/ScanOnPush", False),
        "not encrypted": drop(f"{REPOSITORY}/EncryptionConfiguration"),
        "tags that change their meaning": put(f"{REPOSITORY}/ImageTagMutability", "MUTABLE"),
        "every tag is an exception": put(
            f"{REPOSITORY}/ImageTagMutabilityExclusionFilters/0/ImageTagMutabilityExclusionFilterValue", "*"
        ),
        "5 images": swap(f"{REPOSITORY}/LifecyclePolicy", '"countNumber": 10}', '"countNumber": 5}'),
        "10 images of any kind": swap(f"{REPOSITORY}/LifecyclePolicy", "in-use-*", "old-*"),
        "images in use counted last": swap(f"{REPOSITORY}/LifecyclePolicy", '"rulePriority": 1', '"rulePriority": 4'),
        "images go with the stack": put(f"{REPOSITORY}/DeletionPolicy", "Delete"),
        "images go with a replacement": drop(f"{REPOSITORY}/UpdateReplacePolicy"),
        "a repository that nobody may pull from": put(f"{REPOSITORY}/RepositoryName", "microservices/pay"),
        "a role that pulls from all": put(
            "service-payment/ExecutionRole/Policies/0/PolicyDocument/Statement/1/Resource", ["*"]
        ),
        "no address to push to": drop("registry/Outputs/PaymentRepositoryUri"),
    },
)
def test_every_service_has_a_repository_that_keeps_what_runs(platform: Platform) -> None:
    repositories = platform.all("AWS::ECR::Repository", "registry")
    names = {each["Properties"]["RepositoryName"] for each in repositories.values()}
    assert names == {f"microservices/{name}" for name in (*platform.services, *OURS)}
    assert len(names) == len(repositories)
    for repository in repositories.values():
        _keeps_what_runs(repository)
    for name in platform.services:
        (pulled,) = rights(platform, name, "ExecutionRole")["ecr:BatchGetImage"]["Resource"]
        here = "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/"
        assert pulled.startswith(here)
        assert pulled.removeprefix(here) == f"microservices/{name}"
    for address in repositories:
        title = f"{address.removeprefix('registry.')}Uri"
        assert platform.output("registry", title) == f"${{{address}.RepositoryUri}}"


def _keeps_what_runs(repository: Any) -> None:
    properties = repository["Properties"]
    assert properties["ImageScanningConfiguration"]["ScanOnPush"] is True
    assert properties.get("EncryptionConfiguration", {}).get("EncryptionType") == "KMS"
    assert properties["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    exceptions = [
        each["ImageTagMutabilityExclusionFilterValue"] for each in properties["ImageTagMutabilityExclusionFilters"]
    ]
    assert exceptions == ["in-use-*"]
    assert repository.get("DeletionPolicy") == repository.get("UpdateReplacePolicy") == "Retain"
    rules = json.loads(properties["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    first, *_, last = sorted(rules, key=lambda rule: rule["rulePriority"])
    assert first["selection"].get("tagPatternList") == exceptions
    assert first["selection"]["countNumber"] > 1000
    assert (last["selection"]["countType"], last["selection"]["countNumber"]) == ("imageCountMoreThan", 10)
