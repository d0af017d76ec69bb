"""Operation and safety: sessions, tags, names, outputs, and what is protected."""

from __future__ import annotations

import json
from typing import Any

from .contract import Mutation, add, drop, promise, put, swap
from .resolved import Platform, sole
from .test_services import container, rights

CONTAINER = "service-payment/TaskDefinition/ContainerDefinitions/0"
SESSIONS = "service-payment/TaskRole/Policies/0/PolicyDocument/Statement"
CONFIGURATION = "cluster/Cluster/Configuration/ExecuteCommandConfiguration"


@promise(
    "operation",
    defects=[16, 20],
    on=["dev"],
    broken_by={
        "not switched on": put("service-payment/Service/EnableExecuteCommand", False),
        "a file system that sessions cannot use": put(f"{CONTAINER}/ReadonlyRootFilesystem", True),
        "no right to open a session": drop(f"{SESSIONS}/0"),
        "no right to record it": drop(f"{SESSIONS}/2"),
        "logs of everybody": put(f"{SESSIONS}/2/Resource", ["*"]),
        "no right to the key": drop(f"{SESSIONS}/3"),
        "a right to another key": put(
            "root/ServicePayment/Parameters/KeysExecKeyArn", {"Fn::GetAtt": ["Keys", "Outputs.LogsKeyArn"]}
        ),
        "no record": put(f"{CONFIGURATION}/Logging", "NONE"),
        "a record that anybody can read": put(f"{CONFIGURATION}/LogConfiguration/CloudWatchEncryptionEnabled", False),
        "a record somewhere else": put(f"{CONFIGURATION}/LogConfiguration/CloudWatchLogGroupName", "/ecs/exec"),
        "sessions in the clear": drop(f"{CONFIGURATION}/KmsKeyId"),
        "no process that reaps others": put(f"{CONTAINER}/LinuxParameters/InitProcessEnabled", False),
    },
)
def test_sessions_are_possible_encrypted_and_recorded(platform: Platform) -> None:
    told = platform.only("AWS::ECS::Cluster", "cluster")["Configuration"]["ExecuteCommandConfiguration"]
    assert told.get("KmsKeyId") == "${keys.ExecKey.Arn}"
    assert told["Logging"] == "OVERRIDE"
    assert told["LogConfiguration"] == {
        "CloudWatchLogGroupName": "${cluster.ExecLogGroup}",
        "CloudWatchEncryptionEnabled": True,
    }
    for name in platform.services:
        assert platform.only("AWS::ECS::Service", f"service-{name}")["EnableExecuteCommand"] is True
        assert container(platform, name)["ReadonlyRootFilesystem"] is False
        assert container(platform, name)["LinuxParameters"]["InitProcessEnabled"] is True
        allowed = rights(platform, name, "TaskRole")
        for verb in ("Create", "Open"):
            for channel in ("Control", "Data"):
                assert allowed[f"ssmmessages:{verb}{channel}Channel"]["Resource"] == ["*"]
        assert allowed["logs:DescribeLogGroups"]["Resource"] == ["*"]
        for action in ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"):
            assert allowed[action]["Resource"] == ["${cluster.ExecLogGroup.Arn}"]
        assert allowed["kms:Decrypt"]["Resource"] == ["${keys.ExecKey.Arn}"]


@promise(
    "operation",
    defects=[20, 22],
    on=["prod"],
    broken_by={
        "sessions": put("service-payment/Service/EnableExecuteCommand", True),
        "rights to sessions": put(
            "service-payment/TaskRole/Policies",
            [{"PolicyDocument": {"Statement": [{"Action": ["ssmmessages:OpenDataChannel"], "Resource": ["*"]}]}}],
        ),
        "a file system to write to": put(f"{CONTAINER}/ReadonlyRootFilesystem", False),
        "a file system that nobody mentions": drop(f"{CONTAINER}/ReadonlyRootFilesystem"),
    },
)
def test_nobody_enters_containers_of_production(platform: Platform) -> None:
    for name in platform.services:
        assert platform.only("AWS::ECS::Service", f"service-{name}")["EnableExecuteCommand"] is False
        assert not rights(platform, name, "TaskRole")
        assert container(platform, name).get("ReadonlyRootFilesystem") is True


@promise(
    "operation",
    defects=[22],
    broken_by={
        "root": put(f"{CONTAINER}/User", "0"),
        "whoever the image says": drop(f"{CONTAINER}/User"),
        "the group of root": put(f"{CONTAINER}/User", "10001:0"),
        "the capabilities of root": drop(f"{CONTAINER}/LinuxParameters/Capabilities"),
        "privileged": put(f"{CONTAINER}/Privileged", True),
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
    for name in platform.services:
        runs = container(platform, name)
        assert "0" not in runs.get("User", "0").split(":")
        assert runs["LinuxParameters"].get("Capabilities") == {"Drop": ["ALL"]}
        assert "Privileged" not in runs
    flow = sole(platform.properties("AWS::EC2::FlowLog", "network").values())
    assert (flow["ResourceType"], flow["ResourceId"], flow["TrafficType"]) == ("VPC", "${network.Vpc}", "ALL")
    assert flow["LogGroupName"] == "${network.FlowLogGroup}"
    role = platform.at(flow["DeliverLogsPermissionArn"])["Properties"]
    trusted = sole(role["AssumeRolePolicyDocument"]["Statement"])["Principal"]
    assert trusted == {"Service": "vpc-flow-logs.amazonaws.com"}
    write = sole(role["Policies"])["PolicyDocument"]["Statement"][0]
    assert {"logs:CreateLogStream", "logs:PutLogEvents"} <= set(write["Action"])
    assert write["Resource"] == ["${network.FlowLogGroup.Arn}"]


def untagged(stack: str, title: str) -> Mutation:
    return drop(f"{stack}/{title}/Tags")


@promise(
    "operation",
    defects=[5],
    broken_by={
        "a cluster without tags": untagged("cluster", "Cluster"),
        "a topic without tags": untagged("alerts", "Topic"),
        "a scalable target without tags": untagged("service-payment", "ScalableTarget"),
        "a nested stack without tags": untagged("root", "Keys"),
        "a repository without tags": untagged("registry", "OrderRepository"),
        "the tag of another environment": put("network/Vpc/Tags/0/Value", "test"),
        "the tag of another service": swap("service-payment/LogGroup/Tags", "payment", "order"),
        "nobody's": swap("network/Vpc/Tags", "ManagedBy", "Owner"),
        "tasks without tags": drop("service-payment/Service/PropagateTags"),
    },
)
def test_everything_that_takes_tags_says_whose_it_is(platform: Platform) -> None:
    """The schemas of AWS know what takes tags."""
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    for stack, template in platform.templates.items():
        environment = "shared" if stack in ("registry", "bootstrap") else platform.name
        whose = stack.removeprefix("service-") if stack.startswith("service-") else "microservices"
        expected = {"Environment": environment, "Service": whose, "ManagedBy": "tapgen"}
        for title, resource in template["Resources"].items():
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", resource["Type"]).schema
            if "Tags" in schema["properties"]:
                tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"].get("Tags", [])}
                assert expected.items() <= tags.items(), f"{stack}.{title} has {tags}"
    for service in platform.properties("AWS::ECS::Service").values():
        assert (service.get("PropagateTags"), service["EnableECSManagedTags"]) == ("SERVICE", True)


NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::EC2::SecurityGroup": "GroupName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::ECS::Service": "ServiceName",
    "AWS::ECS::TaskDefinition": "Family",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::ServiceDiscovery::HttpNamespace": "Name",
    "AWS::WAFv2::WebACL": "Name",
}
"""The property that gives a resource a name that nobody else may have."""


@promise(
    "operation",
    defects=[6],
    broken_by={
        "a load balancer with a name": put("ingress/LoadBalancer/Name", "microservices-alb"),
        "a role with a name": put("service-payment/TaskRole/RoleName", "payment-task"),
        "a log group with a name": put("cluster/Cluster/ClusterName", "microservices"),
        "a namespace that two environments share": put("cluster/Namespace/Name", "microservices"),
        "roles of all environments in one place": put("service-payment/TaskRole/Path", "/microservices/"),
    },
)
def test_two_copies_never_collide(platform: Platform) -> None:
    """Names are CloudFormation's, and begin with the root stack's; a replacement gets another one."""
    for kind, name in NAMES.items():
        for properties in platform.properties(kind).values():
            assert "${AWS::StackName}" in properties.get(name, "${AWS::StackName}")
    for name in platform.services:
        for role in platform.properties("AWS::IAM::Role", f"service-{name}").values():
            assert role["Path"] == f"/microservices/{platform.name}/"


@promise(
    "operation",
    broken_by={
        "no VPC": drop("root/Outputs/VpcId"),
        "no cluster": drop("root/Outputs/ClusterName"),
        "no mesh": drop("root/Outputs/NamespaceArn"),
        "no address": drop("root/Outputs/LoadBalancerDnsName"),
        "the address of something else": put(
            "root/Outputs/LoadBalancerDnsName/Value/Fn::GetAtt/1", "Outputs.LoadBalancerName"
        ),
    },
)
def test_whoever_deploys_learns_where_it_is(platform: Platform) -> None:
    assert {name: platform.output("root", name) for name in ("VpcId", "ClusterName", "NamespaceArn")} == {
        "VpcId": "${network.Vpc}",
        "ClusterName": "${cluster.Cluster}",
        "NamespaceArn": "${cluster.Namespace.Arn}",
    }
    assert platform.output("root", "LoadBalancerDnsName") == "${ingress.LoadBalancer.DNSName}"


HOLDS_DATA = {"AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"}


@promise(
    "operation",
    defects=[21],
    on=["prod"],
    broken_by={
        "keys go with the stack": put("keys/LogsKey/DeletionPolicy", "Delete"),
        "keys go with a replacement": drop("keys/LogsKey/UpdateReplacePolicy"),
        "logs go": put("service-payment/LogGroup/DeletionPolicy", "Delete"),
        "secrets go": drop("credentials/DatabaseSecret/DeletionPolicy"),
        "access logs go": put("ingress/AccessLogs/DeletionPolicy", "Delete"),
        "the load balancer goes": put("ingress/LoadBalancer/LoadBalancerAttributes/0/Value", "false"),
        "one week of logs": put("service-payment/LogGroup/RetentionInDays", 7),
    },
)
def test_production_keeps_what_holds_data(platform: Platform) -> None:
    for kind in HOLDS_DATA:
        for address, resource in platform.all(kind).items():
            kept = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
            assert kept == ("Retain", "Retain"), address
    balancer = sole(platform.properties("AWS::ElasticLoadBalancingV2::LoadBalancer", "ingress").values())
    attributes = {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}
    assert attributes["deletion_protection.enabled"] == "true"
    for group in platform.properties("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == 365


@promise(
    "operation",
    on=["dev"],
    broken_by={
        "keys stay": put("keys/LogsKey/DeletionPolicy", "Retain"),
        "the load balancer stays": put("ingress/LoadBalancer/LoadBalancerAttributes/0/Value", "true"),
    },
)
def test_nothing_of_an_unprotected_environment_stays_behind(platform: Platform) -> None:
    for stack, template in platform.templates.items():
        for title, resource in template["Resources"].items():
            if stack not in ("registry", "bootstrap"):
                assert resource.get("DeletionPolicy", "Delete") == "Delete", f"{stack}.{title}"
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
        "a container that waits for another": put(f"{CONTAINER}/DependsOn", [{"ContainerName": "envoy"}]),
        "a container beside it": add(
            "service-payment/TaskDefinition/ContainerDefinitions", {"Name": "envoy", "Image": "aws-appmesh-envoy"}
        ),
    },
)
def test_nothing_needs_app_mesh(platform: Platform) -> None:
    """It was shut down on 2026-09-30, and neither the schemas nor CloudFormation's validation say so."""
    for template in platform.templates.values():
        assert not any(resource["Type"].startswith("AWS::AppMesh") for resource in template["Resources"].values())
        assert "appmesh" not in json.dumps(template["Resources"]).lower()
    for name in platform.services:
        assert "ProxyConfiguration" not in platform.only("AWS::ECS::TaskDefinition", f"service-{name}")
        assert "DependsOn" not in container(platform, name)
