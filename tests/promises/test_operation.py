"""Operation: sessions, tags, names and outputs."""

from __future__ import annotations

from .contract import Mutation, drop, promise, put, swap
from .reading import PORTS, container, containers, rights, service
from .resolved import Platform

CONTAINER = "service-payment/TaskDefinition/ContainerDefinitions/app"
BESIDE = "service-payment/TaskDefinition/ContainerDefinitions"
SESSIONS = "service-payment/TaskRole/Policies/1/PolicyDocument/Statement"
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
        assert service(platform, name)["EnableExecuteCommand"] is True
        assert container(platform, name)["ReadonlyRootFilesystem"] is False
        assert container(platform, name)["LinuxParameters"]["InitProcessEnabled"] is True
        may = rights(platform, name, "TaskRole")
        for verb in ("Create", "Open"):
            for channel in ("Control", "Data"):
                assert may[f"ssmmessages:{verb}{channel}Channel"]["Resource"] == ["*"]
        assert may["logs:DescribeLogGroups"]["Resource"] == ["*"]
        for action in ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"):
            assert may[action]["Resource"] == ["${cluster.ExecLogGroup.Arn}"]
        assert may["kms:Decrypt"]["Resource"] == ["${keys.ExecKey.Arn}"]


@promise(
    "operation",
    defects=[20, 22],
    on=["prod"],
    broken_by={
        "sessions": put("service-payment/Service/EnableExecuteCommand", True),
        "rights to sessions": put(
            "service-payment/TaskRole/Policies",
            [
                {
                    "PolicyDocument": {
                        "Statement": [{"Effect": "Allow", "Action": ["ssmmessages:OpenDataChannel"], "Resource": ["*"]}]
                    }
                }
            ],
        ),
        "a file system to write to": put(f"{CONTAINER}/ReadonlyRootFilesystem", False),
        "a file system that nobody mentions": drop(f"{CONTAINER}/ReadonlyRootFilesystem"),
        "one of what is beside it": put(f"{BESIDE}/envoy/ReadonlyRootFilesystem", False),
        "another of what is beside it": drop(f"{BESIDE}/certificates/ReadonlyRootFilesystem"),
    },
)
def test_nobody_enters_containers_of_production(platform: Platform) -> None:
    for name in platform.services:
        assert service(platform, name)["EnableExecuteCommand"] is False
        assert not any(action.startswith("ssmmessages:") for action in rights(platform, name, "TaskRole"))
        assert all(each.get("ReadonlyRootFilesystem") is True for each in containers(platform, name).values())


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
        for title, resource in template["Resources"].items():
            expected = {"Environment": environment, "Service": _owner(stack, title), "ManagedBy": "tapgen"}
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", resource["Type"]).schema
            if "Tags" in schema["properties"]:
                tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"].get("Tags", [])}
                assert expected.items() <= tags.items(), f"{stack}.{title} has {tags}"
    for runs in platform.properties("AWS::ECS::Service").values():
        assert (runs.get("PropagateTags"), runs["EnableECSManagedTags"]) == ("SERVICE", True)


def _owner(stack: str, title: str) -> str:
    """The service that a stack, or a resource in the stack of others, is named after; the platform owns the rest."""
    if stack == "data":  # which services share
        return "microservices"
    named = stack.removeprefix("service-") if stack.startswith("service-") else title.removeprefix("Service").lower()
    return next((service for service in PORTS if named.startswith(service)), "microservices")


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
            given = properties.get(name, "${AWS::StackName}")
            assert "${AWS::StackName}" in given or given == "/aws/rds/cluster/${databases.ShopCluster}/postgresql"
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
        "no URL": drop("root/Outputs/Url"),
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
    address = "${ingress.LoadBalancer.DNSName}"
    assert platform.output("root", "LoadBalancerDnsName") == address
    url = {"dev": f"http://{address}/", "prod": "https://shop.example.com/"}[platform.name]
    assert platform.output("root", "Url") == url
