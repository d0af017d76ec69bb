"""Safety: what containers may do, what is recorded, what is kept, and what must not be there."""

from __future__ import annotations

import json
from typing import Any

from .contract import add, drop, promise, put, swap
from .reading import containers
from .resolved import Platform, allowed, sole

CONTAINERS = "service-payment/TaskDefinition/ContainerDefinitions"
CONTAINER = f"{CONTAINERS}/app"


@promise(
    "operation",
    defects=[22],
    on=["prod"],
    broken_by={
        "the capabilities of root": drop(f"{CONTAINER}/LinuxParameters/Capabilities"),
        "those of the proxy": drop(f"{CONTAINERS}/envoy/LinuxParameters/Capabilities"),
        "those of the one that is root": drop(f"{CONTAINERS}/certificates/LinuxParameters/Capabilities"),
        "one of them": put(f"{CONTAINERS}/certificates/LinuxParameters/Capabilities/Add", ["CHOWN"]),
    },
)
def test_containers_have_no_capability_where_nobody_enters_them(platform: Platform) -> None:
    for name in platform.services:
        for each in containers(platform, name).values():
            assert each["LinuxParameters"].get("Capabilities") == {"Drop": ["ALL"]}


@promise(
    "operation",
    defects=[22],
    broken_by={
        "root": put(f"{CONTAINER}/User", "0"),
        "whoever the image says": drop(f"{CONTAINER}/User"),
        "the group of root": put(f"{CONTAINER}/User", "10001:0"),
        "what traffic reaches is root": put(f"{CONTAINERS}/-1/User", "0:0"),
        "privileged": put(f"{CONTAINER}/Privileged", True),
        "what traffic reaches is privileged": put(f"{CONTAINERS}/-1/Privileged", True),
        "flow logs off": drop("network/FlowLog"),
        "flow logs of refusals": put("network/FlowLog/TrafficType", "REJECT"),
        "flow logs of something else": put("network/FlowLog/ResourceId", {"Ref": "PublicSubnet1"}),
        "flow logs that may not be written": put(
            "network/FlowLogRole/Policies/0/PolicyDocument/Statement/0/Action", []
        ),
        "flow logs in another's name": put(
            "network/FlowLogRole/AssumeRolePolicyDocument/Statement/0/Principal/Service", "ec2.amazonaws.com"
        ),
    },
)
def test_containers_are_not_root_and_connections_are_recorded(platform: Platform) -> None:
    """But for one, which has no capability at all: what keeps certificates writes to a volume, which belongs to root.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
    """
    for name in platform.services:
        for title, runs in containers(platform, name).items():
            assert "Privileged" not in runs
            if title != "certificates":
                assert "0" not in runs.get("User", "0").split(":")
    flow = sole(platform.properties("AWS::EC2::FlowLog", "network").values())
    assert (flow["ResourceType"], flow["ResourceId"], flow["TrafficType"]) == ("VPC", "${network.Vpc}", "ALL")
    assert (flow["LogDestinationType"], flow["LogGroupName"]) == ("cloud-watch-logs", "${network.FlowLogGroup}")
    assert flow["DeliverLogsPermissionArn"] == "${network.FlowLogRole.Arn}"
    role = platform.at(flow["DeliverLogsPermissionArn"])["Properties"]
    trusted = sole(allowed(role["AssumeRolePolicyDocument"]))
    assert (trusted["Principal"], trusted["Action"]) == ({"Service": "vpc-flow-logs.amazonaws.com"}, ["sts:AssumeRole"])
    assert trusted["Condition"]["StringEquals"] == {"aws:SourceAccount": "${AWS::AccountId}"}
    logs = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-flow-log/*"
    assert trusted["Condition"]["ArnLike"] == {"aws:SourceArn": logs}
    write, find = allowed(sole(role["Policies"])["PolicyDocument"])
    assert set(write["Action"]) == {"logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"}
    assert write["Resource"] == ["${network.FlowLogGroup.Arn}"]
    assert (find["Action"], find["Resource"]) == (["logs:DescribeLogGroups"], ["*"])


HOLDS_DATA = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret"}
BUCKETS = {"AWS::S3::Bucket", "AWS::S3::BucketPolicy"}


def kept(resource: Any) -> tuple[Any, Any]:
    """What happens to a resource when its stack goes, and when another takes its place."""
    return resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")


@promise(
    "operation",
    defects=[21],
    on=["prod"],
    broken_by={
        "keys go with the stack": put("keys/LogsKey/DeletionPolicy", "Delete"),
        "keys stay behind when they could not be made": put("keys/LogsKey/DeletionPolicy", "Retain"),
        "keys go with a replacement": drop("keys/LogsKey/UpdateReplacePolicy"),
        "a policy that no replacement knows": put("keys/LogsKey/UpdateReplacePolicy", "RetainExceptOnCreate"),
        "tables go": put("data/PaymentsTable/DeletionPolicy", "Delete"),
        "files go": put("data/ReceiptsBucket/DeletionPolicy", "Delete"),
        "tables can be deleted": put("data/PaymentsTable/DeletionProtectionEnabled", False),
        "tables cannot be restored": put(
            "data/OrdersTable/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", False
        ),
        "logs go": put("service-payment/LogGroup/DeletionPolicy", "Delete"),
        "flow logs go with a replacement": put("network/FlowLogGroup/UpdateReplacePolicy", "Delete"),
        "secrets go": drop("databases/ShopSecret/DeletionPolicy"),
        "secrets stay behind when they could not be made": put("databases/ShopSecret/DeletionPolicy", "Retain"),
        "the database goes without a snapshot": put("databases/ShopCluster/DeletionPolicy", "Delete"),
        "the load balancer goes": put("ingress/LoadBalancer/LoadBalancerAttributes/0/Value", "false"),
        "one week of logs": put("service-payment/LogGroup/RetentionInDays", 7),
    },
)
def test_production_keeps_what_holds_data(platform: Platform) -> None:
    """Unless it has just been made: where that fails, there is no data yet, and nothing stays behind.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    for kind in HOLDS_DATA:
        assert platform.all(kind)
        for address, resource in platform.all(kind).items():
            if address != "databases.ShopProbe":  # what a new password is tried with
                assert kept(resource) == ("RetainExceptOnCreate", "Retain"), address
    assert kept(platform.at("${databases.ShopCluster}")) == ("Snapshot", "Snapshot")
    for kind in BUCKETS:
        for address, resource in platform.all(kind, "data").items():
            assert kept(resource) == ("RetainExceptOnCreate", "Retain"), address
    for table in platform.properties("AWS::DynamoDB::Table", "data").values():
        assert table["DeletionProtectionEnabled"] is True
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    balancer = sole(platform.properties("AWS::ElasticLoadBalancingV2::LoadBalancer", "ingress").values())
    attributes = {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}
    assert attributes["deletion_protection.enabled"] == "true"
    for group in platform.properties("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == 365


@promise(
    "operation",
    defects=[21],
    broken_by={
        "access logs go": put("ingress/AccessLogs/DeletionPolicy", "Delete"),
        "access logs go where making them failed": put("ingress/AccessLogs/DeletionPolicy", "RetainExceptOnCreate"),
        "access logs go with a replacement": drop("ingress/AccessLogs/UpdateReplacePolicy"),
        "access logs that anybody may read in the clear": drop("ingress/AccessLogsPolicy/DeletionPolicy"),
        "templates go": put("bootstrap/ArtifactBucket/DeletionPolicy", "Delete"),
        "templates go with a replacement": put("bootstrap/ArtifactBucket/UpdateReplacePolicy", "Delete"),
        "templates that anybody may send in the clear": drop("bootstrap/ArtifactBucketPolicy/DeletionPolicy"),
        "a policy that goes with a replacement": drop("bootstrap/ArtifactBucketPolicy/UpdateReplacePolicy"),
    },
)
def test_buckets_stay_and_so_do_the_rules_for_them(platform: Platform) -> None:
    """Everywhere, but for those of services: one that is not empty cannot be deleted, and the stack with it."""
    for kind in BUCKETS:
        ours = {
            address: resource for address, resource in platform.all(kind).items() if not address.startswith("data.")
        }
        assert {address.partition(".")[0] for address in ours} == {"ingress", "bootstrap"}
        for address, resource in ours.items():
            assert kept(resource) == ("Retain", "Retain"), address


@promise(
    "operation",
    on=["dev"],
    broken_by={
        "keys stay": put("keys/LogsKey/DeletionPolicy", "Retain"),
        "keys stay unless they have just been made": put("keys/LogsKey/DeletionPolicy", "RetainExceptOnCreate"),
        "logs stay after a replacement": put("service-payment/LogGroup/UpdateReplacePolicy", "Retain"),
        "the load balancer stays": put("ingress/LoadBalancer/LoadBalancerAttributes/0/Value", "true"),
    },
)
def test_nothing_but_buckets_stays_behind_of_an_unprotected_environment(platform: Platform) -> None:
    for stack, template in platform.templates.items():
        for title, resource in template["Resources"].items():
            if stack not in ("registry", "bootstrap") and resource["Type"] not in BUCKETS:
                assert set(kept(resource)) <= {"Delete", None}, f"{stack}.{title}"
    balancer = sole(platform.properties("AWS::ElasticLoadBalancingV2::LoadBalancer", "ingress").values())
    assert {"Key": "deletion_protection.enabled", "Value": "false"} in balancer["LoadBalancerAttributes"]


def texts(node: Any) -> list[str]:
    match node:
        case str():
            return [node]
        case dict():
            return [text for value in node.values() for text in texts(value)]
        case list():
            return [text for value in node for text in texts(value)]
    return []


@promise(
    "operation",
    defects=[18],
    broken_by={
        "a partition written out": put(
            "service-payment/ExecutionRole/ManagedPolicyArns", ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
        ),
        "a partition inside a text": swap("keys/LogsKey/KeyPolicy", "arn:${AWS::Partition}", "arn:aws"),
        "a Region written out": swap("monitoring/Dashboard", "${AWS::Region}", "eu-west-1"),
        "an account written out": swap("keys/LogsKey/KeyPolicy", "${AWS::AccountId}", "111111111111"),
    },
)
def test_no_partition_region_or_account_is_written_out(platform: Platform) -> None:
    """So that the same templates work in every partition."""
    for stack, template in platform.templates.items():
        if stack != "bootstrap":  # whose conditions say in which account and Region each environment is
            for text in texts(template["Resources"]):
                assert "arn:aws" not in text
                assert "eu-west-1" not in text
                assert "111111111111" not in text
                assert "222222222222" not in text


@promise(
    "mesh",
    defects=[2],
    broken_by={
        "a mesh that is shut down": put("cluster/Mesh", {"Type": "AWS::AppMesh::Mesh"}),
        "a proxy of it": put("service-payment/TaskDefinition/ProxyConfiguration", {"Type": "APPMESH"}),
        "a container that waits for it": put(f"{CONTAINER}/DependsOn", [{"ContainerName": "appmesh"}]),
        "a container beside it": add(CONTAINERS, {"Name": "proxy", "Image": "envoy"}),
        "a container of it": put(f"{CONTAINER}/Image", "public.ecr.aws/appmesh/aws-appmesh-envoy"),
    },
)
def test_nothing_needs_app_mesh(platform: Platform) -> None:
    """It was shut down on 2026-09-30, and neither the schemas nor CloudFormation's validation say so."""
    for template in platform.templates.values():
        assert not any(resource["Type"].startswith("AWS::AppMesh") for resource in template["Resources"].values())
        assert "appmesh" not in json.dumps(template["Resources"]).lower()
    for name in platform.services:
        assert "ProxyConfiguration" not in platform.only("AWS::ECS::TaskDefinition", f"service-{name}")
        known = containers(platform, name)
        assert {each["ContainerName"] for runs in known.values() for each in runs.get("DependsOn", [])} <= known.keys()
