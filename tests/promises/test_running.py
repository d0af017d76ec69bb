"""Cluster, mesh, scaling, deployment, identity and logs: how services run, and what they may do."""

from __future__ import annotations

from typing import Any

from .contract import add, both, drop, promise, put, swap
from .resolved import Platform, sole
from .test_services import Rights, container, rights, variables

CALLS = {"payment": ["order", "notification"], "order": ["notification"], "notification": []}
CONNECT = "service-order/Service/ServiceConnectConfiguration"
STRATEGY = "service-payment/Service/CapacityProviderStrategy"
SCALING = "service-order/CpuScaling/TargetTrackingScalingPolicyConfiguration"


def service(platform: Platform, name: str) -> Any:
    return platform.only("AWS::ECS::Service", f"service-{name}")


@promise(
    "cluster",
    defects=[7],
    broken_by={
        "no Spot": drop("cluster/CapacityProviders/CapacityProviders/1"),
        "providers of another cluster": put("cluster/CapacityProviders/Cluster", "default"),
        "no providers": drop("cluster/CapacityProviders"),
        "providers and services side by side": put(
            "root/ServiceOrder/Parameters/ClusterName", {"Ref": "AWS::StackName"}
        ),
        "no insights": put("cluster/Cluster/ClusterSettings/0/Value", "disabled"),
        "insights not mentioned": drop("cluster/Cluster/ClusterSettings"),
        "Spot by default": put(
            "cluster/CapacityProviders/DefaultCapacityProviderStrategy/0/CapacityProvider", "FARGATE_SPOT"
        ),
        "a launch type beside the providers": put("service-order/Service/LaunchType", "FARGATE"),
    },
)
def test_services_run_in_one_cluster_after_it_knows_fargate_and_spot(platform: Platform) -> None:
    """A stack that takes the cluster's name waits for the whole of the cluster's stack, providers and all."""
    cluster = platform.only("AWS::ECS::Cluster", "cluster")
    assert cluster.get("ClusterSettings") == [{"Name": "containerInsights", "Value": "enhanced"}]
    known = platform.only("AWS::ECS::ClusterCapacityProviderAssociations", "cluster")
    assert known["Cluster"] == "${cluster.Cluster}"
    assert set(known["CapacityProviders"]) == {"FARGATE", "FARGATE_SPOT"}
    assert [each["CapacityProvider"] for each in known["DefaultCapacityProviderStrategy"]] == ["FARGATE"]
    for name in platform.services:
        assert service(platform, name)["Cluster"] == "${cluster.Cluster}"
        assert "LaunchType" not in service(platform, name)
        used = {each["CapacityProvider"] for each in service(platform, name)["CapacityProviderStrategy"]}
        assert used <= set(known["CapacityProviders"])


@promise(
    "cluster",
    defects=[14],
    broken_by={
        "every task on Spot": put(STRATEGY, [{"CapacityProvider": "FARGATE_SPOT", "Base": 2, "Weight": 1}]),
        "no floor": put(f"{STRATEGY}/0/Base", 0),
        "two floors": put(f"{STRATEGY}/1/Base", 1),
        "nowhere to go": both(put(f"{STRATEGY}/0/Weight", 0), put(f"{STRATEGY}/1/Weight", 0)),
    },
)
def test_some_tasks_are_never_reclaimed(platform: Platform) -> None:
    for name in platform.services:
        shares = {each["CapacityProvider"]: each for each in service(platform, name)["CapacityProviderStrategy"]}
        target = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", f"service-{name}")
        assert "FARGATE" in shares
        assert shares["FARGATE"]["Base"] >= (target["MinCapacity"] if platform.name == "prod" else 1)
        assert [provider for provider, share in shares.items() if share["Base"]] == ["FARGATE"]
        assert any(share["Weight"] for share in shares.values())


@promise(
    "mesh",
    broken_by={
        "no mesh": drop(CONNECT),
        "switched off": put(f"{CONNECT}/Enabled", False),
        "another namespace": put(f"{CONNECT}/Namespace", "default"),
        "a port name that the task lacks": put(f"{CONNECT}/Services/0/PortName", "http"),
        "another name": put(f"{CONNECT}/Services/0/ClientAliases/0/DnsName", "orders"),
        "another port": put(f"{CONNECT}/Services/0/ClientAliases/0/Port", 80),
        "bytes, not requests": drop("service-order/TaskDefinition/ContainerDefinitions/0/PortMappings/0/AppProtocol"),
        "a caller that is told another address": swap(
            "service-payment/TaskDefinition/ContainerDefinitions/0/Environment", "http://order:8081", "http://order"
        ),
        "a caller that is told nothing": swap(
            "service-payment/TaskDefinition/ContainerDefinitions/0/Environment", "ORDER_URL", "ORDERS_URL"
        ),
        "two of one name": put(f"{CONNECT}/Services/0/DiscoveryName", "payment"),
        "two ways of discovery": put("service-order/Service/ServiceRegistries", [{"RegistryArn": "arn"}]),
    },
)
def test_callers_find_services_by_name(platform: Platform) -> None:
    found: dict[str, str] = {}
    names: list[str] = []
    for name in platform.services:
        connect = service(platform, name).get("ServiceConnectConfiguration", {"Enabled": False})
        assert connect["Enabled"] is True
        assert connect["Namespace"] == "${cluster.Namespace.Arn}"
        assert "ServiceRegistries" not in service(platform, name)
        offered = sole(connect["Services"])
        mapping = sole(
            each for each in container(platform, name)["PortMappings"] if each["Name"] == offered["PortName"]
        )
        assert mapping.get("AppProtocol") == "http"
        alias = sole(offered["ClientAliases"])
        assert alias["Port"] == mapping["ContainerPort"]
        found[f"{name.upper()}_URL"] = f"http://{alias['DnsName']}:{alias['Port']}"
        names.append(offered["DiscoveryName"])
    assert len(set(names)) == len(names)
    for name, callees in CALLS.items():
        told = {key: value for key, value in variables(platform, name).items() if key.endswith("_URL")}
        assert told == {f"{callee.upper()}_URL": found[f"{callee.upper()}_URL"] for callee in callees}


@promise(
    "mesh",
    broken_by={
        "callers first": drop("root/ServicePayment/DependsOn/0"),
        "no order at all": drop("root/ServiceOrder/DependsOn"),
    },
)
def test_callees_are_there_before_their_callers(platform: Platform) -> None:
    """Tasks only find what existed when they started."""
    for caller, callees in CALLS.items():
        stack = platform.templates["root"]["Resources"][f"Service{caller.title()}"]
        assert {f"Service{callee.title()}" for callee in callees} <= set(stack.get("DependsOn", []))


@promise(
    "scaling",
    defects=[15],
    broken_by={
        "80 %": put(f"{SCALING}/TargetValue", 80),
        "memory": put(
            f"{SCALING}/PredefinedMetricSpecification/PredefinedMetricType", "ECSServiceAverageMemoryUtilization"
        ),
        "slow to grow": put(f"{SCALING}/ScaleOutCooldown", 300),
        "quick to shrink": put(f"{SCALING}/ScaleInCooldown", 60),
        "the tasks of another service": swap("service-order/ScalableTarget/ResourceId", "Service.Name", "TaskRole"),
        "the tasks of another cluster": swap("service-order/ScalableTarget/ResourceId", "${ClusterName}", "default"),
        "another dimension": put("service-order/ScalableTarget/ScalableDimension", "ecs:service:Memory"),
        "a policy of nobody": put("service-order/CpuScaling/ScalingTargetId", "elsewhere"),
        "a count that every update restores": put("service-order/Service/DesiredCount", 2),
    },
)
def test_every_service_scales_on_its_own_and_updates_leave_the_number_alone(platform: Platform) -> None:
    for name in platform.services:
        stack = f"service-{name}"
        target = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", stack)
        assert target["ResourceId"] == f"service/${{cluster.Cluster}}/${{{stack}.Service.Name}}"
        assert (target["ServiceNamespace"], target["ScalableDimension"]) == ("ecs", "ecs:service:DesiredCount")
        policy = platform.only("AWS::ApplicationAutoScaling::ScalingPolicy", stack)
        assert policy["ScalingTargetId"] == f"${{{stack}.ScalableTarget}}"
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        metric = tracking["PredefinedMetricSpecification"]["PredefinedMetricType"]
        assert (metric, tracking["TargetValue"]) == ("ECSServiceAverageCPUUtilization", 70)
        assert tracking["ScaleOutCooldown"] == 60
        assert tracking["ScaleInCooldown"] >= 300, "60 s would make the number flap"
        assert "DesiredCount" not in service(platform, name)


DEPLOYMENT = "service-payment/Service/DeploymentConfiguration"


@promise(
    "deployment",
    defects=[11],
    broken_by={
        "half the tasks gone": put(f"{DEPLOYMENT}/MinimumHealthyPercent", 50),
        "no room for new tasks": put(f"{DEPLOYMENT}/MaximumPercent", 100),
        "no circuit breaker": put(f"{DEPLOYMENT}/DeploymentCircuitBreaker/Enable", False),
        "no rollback": put(f"{DEPLOYMENT}/DeploymentCircuitBreaker/Rollback", False),
        "called what it is not": put(f"{DEPLOYMENT}/Strategy", "BLUE_GREEN"),
        "another controller": put("service-payment/Service/DeploymentController/Type", "EXTERNAL"),
    },
)
def test_a_new_version_never_takes_tasks_away_and_a_bad_one_is_taken_back(platform: Platform) -> None:
    for name in platform.services:
        deployment = service(platform, name)["DeploymentConfiguration"]
        assert deployment["MinimumHealthyPercent"] == 100
        assert deployment["MaximumPercent"] > 100
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert deployment["Strategy"] == "ROLLING"
        assert service(platform, name)["DeploymentController"]["Type"] == "ECS"


EXECUTION = "service-payment/ExecutionRole"
STATEMENT = f"{EXECUTION}/Policies/0/PolicyDocument/Statement"
CHANNELS = {f"ssmmessages:{verb}{channel}Channel" for verb in ("Create", "Open") for channel in ("Control", "Data")}
UNBOUND = {"ecr:GetAuthorizationToken", "logs:DescribeLogGroups"} | CHANNELS
"""What can only be allowed on everything."""

RECORD = {
    "logs:DescribeLogGroups",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "kms:Decrypt",
}
SESSIONS = CHANNELS | RECORD
"""What the code may do where sessions are allowed; else nothing."""


@promise(
    "identity",
    defects=[7, 18, 20],
    broken_by={
        "one role for both": put(
            "service-payment/TaskDefinition/TaskRoleArn", {"Fn::GetAtt": ["ExecutionRole", "Arn"]}
        ),
        "a role from elsewhere": put("service-payment/TaskDefinition/ExecutionRoleArn", "arn:aws:iam::1:role/ecs"),
        "whoever asks may have it": drop(f"{EXECUTION}/AssumeRolePolicyDocument/Statement/0/Condition"),
        "another account's tasks may have it": drop(
            f"{EXECUTION}/AssumeRolePolicyDocument/Statement/0/Condition/StringEquals"
        ),
        "another service may have it": put(
            f"{EXECUTION}/AssumeRolePolicyDocument/Statement/0/Principal/Service", "ec2.amazonaws.com"
        ),
        "AWS's own policy": put(f"{EXECUTION}/ManagedPolicyArns", ["arn:aws:iam::aws:policy/AmazonECS_FullAccess"]),
        "logs of others": put(f"{STATEMENT}/2/Resource", ["*"]),
        "every action of a service": put(f"{STATEMENT}/2/Action", ["logs:*"]),
        "the key of the logs": add(
            STATEMENT, {"Effect": "Allow", "Action": ["kms:Encrypt"], "Resource": [{"Ref": "KeysLogsKeyArn"}]}
        ),
        "a bucket that may be somebody else's": put(
            "service-payment/TaskRole/Policies",
            [
                {
                    "PolicyName": "data",
                    "PolicyDocument": {
                        "Statement": [{"Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::payment-bucket/*"]}]
                    },
                }
            ],
        ),
        "rights that come after the role": put(
            "service-payment/Late", {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "ExecutionRole"}]}}
        ),
    },
)
def test_every_service_has_two_roles_that_may_do_no_more_than_they_need(platform: Platform) -> None:
    for name in platform.services:
        stack = f"service-{name}"
        task = platform.only("AWS::ECS::TaskDefinition", stack)
        assert task["ExecutionRoleArn"] == f"${{{stack}.ExecutionRole.Arn}}"
        assert task["TaskRoleArn"] == f"${{{stack}.TaskRole.Arn}}"
        roles = platform.properties("AWS::IAM::Role", stack)
        assert set(roles) == {f"{stack}.ExecutionRole", f"{stack}.TaskRole"}
        assert not platform.all("AWS::IAM::Policy", stack)
        for role in roles.values():
            _trusts_tasks_of_this_account_alone(role)
            assert "ManagedPolicyArns" not in role
        execution, own = rights(platform, name, "ExecutionRole"), rights(platform, name, "TaskRole")
        assert set(execution) == {
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "secretsmanager:GetSecretValue",
            "kms:Decrypt",
        }
        assert set(own) == (SESSIONS if platform.name == "dev" else set())
        assert "${keys.LogsKey.Arn}" not in execution["kms:Decrypt"]["Resource"]
        for action, statement in (*execution.items(), *own.items()):
            assert ("*" in statement["Resource"]) is (action in UNBOUND)


def _trusts_tasks_of_this_account_alone(role: Any) -> None:
    statement = sole(role["AssumeRolePolicyDocument"]["Statement"])
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert statement.get("Condition") == {
        "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
        "ArnLike": {"aws:SourceArn": "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*"},
    }


KEY = "keys/LogsKey"
GRANT = f"{KEY}/KeyPolicy/Statement/1"


@promise(
    "logs",
    defects=[1],
    broken_by={
        "the key does not know CloudWatch Logs": drop(GRANT),
        "another Region's principal": put(f"{GRANT}/Principal/Service", "logs.us-east-1.amazonaws.com"),
        "a principal of no Region": put(f"{GRANT}/Principal/Service", "logs.amazonaws.com"),
        "CloudWatch Logs may only decrypt": put(f"{GRANT}/Action", ["kms:Decrypt"]),
        "wrong prefix in the encryption context": swap(f"{GRANT}/Condition", "${RootStackName}-", "/ecs/"),
        "another service's context": put(
            f"{GRANT}/Condition", {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::logs"}}
        ),
        "anybody's log groups": drop(f"{GRANT}/Condition"),
        "the root gives another name": put("root/Keys/Parameters/RootStackName", "shop"),
        "the log group has no key": drop("service-payment/LogGroup/KmsKeyId"),
        "the log group has another key": put(
            "root/ServicePayment/Parameters/KeysLogsKeyArn", {"Fn::GetAtt": ["Keys", "Outputs.AlertsKeyArn"]}
        ),
        "a log group with a name of its own": put("service-payment/LogGroup/LogGroupName", "/ecs/payment"),
        "rotation off": put(f"{KEY}/EnableKeyRotation", False),
        "nobody may change the key": drop(f"{KEY}/KeyPolicy/Statement/0"),
        "flow logs without a key": drop("network/FlowLogGroup/KmsKeyId"),
    },
)
def test_every_log_group_has_a_key_that_cloudwatch_logs_may_use(platform: Platform) -> None:
    """The names of log groups begin with that of their stack, and that with the name of the root."""
    groups = platform.properties("AWS::Logs::LogGroup")
    assert len(groups) >= 4
    for group in groups.values():
        assert "LogGroupName" not in group
        key = platform.at(group.get("KmsKeyId", ""))["Properties"]
        assert key["EnableKeyRotation"] is True
        own, *others = key["KeyPolicy"]["Statement"]
        assert own["Principal"] == {"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
        assert own["Action"] == ["kms:*"]
        grant = sole(others)
        assert grant["Principal"] == {"Service": "logs.${AWS::Region}.amazonaws.com"}
        wanted = {"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}
        assert set(grant["Action"]) == wanted
        ours = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AWS::StackName}-*"
        assert grant.get("Condition") == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": ours}}


@promise(
    "logs",
    defects=[21],
    broken_by={
        "retention 8": put("service-payment/LogGroup/RetentionInDays", 8),
        "for ever": drop("service-payment/LogGroup/RetentionInDays"),
        "written to another's group": put(
            "service-payment/TaskDefinition/ContainerDefinitions/0/LogConfiguration/Options/awslogs-group", "/ecs/all"
        ),
        "the proxy writes nowhere": drop("service-payment/Service/ServiceConnectConfiguration/LogConfiguration"),
        "another Region": put(
            "service-payment/TaskDefinition/ContainerDefinitions/0/LogConfiguration/Options/awslogs-region", "us-east-1"
        ),
        "not allowed to write": put(f"{STATEMENT}/2/Action", ["logs:CreateLogStream"]),
        "allowed to write elsewhere": put(f"{STATEMENT}/2/Resource", ["arn:aws:logs:eu-west-1:1:log-group:x:*"]),
        "a container that waits for its logs": swap(
            "service-payment/TaskDefinition/ContainerDefinitions/0/LogConfiguration", "non-blocking", "blocking"
        ),
    },
)
def test_every_service_writes_to_a_group_of_its_own_that_is_kept_as_configured(platform: Platform) -> None:
    """One week where nothing is kept, and longer in production."""
    for name in platform.services:
        stack = f"service-{name}"
        group = platform.only("AWS::Logs::LogGroup", stack)
        assert group.get("RetentionInDays") == {"dev": 7, "prod": 365}[platform.name]
        proxy = service(platform, name)["ServiceConnectConfiguration"].get("LogConfiguration", {"Options": {}})
        for options in (container(platform, name)["LogConfiguration"]["Options"], proxy["Options"]):
            assert options.get("awslogs-group") == f"${{{stack}.LogGroup}}"
            assert options["awslogs-region"] == "${AWS::Region}"
            assert options["mode"] == "non-blocking"
        allowed: Rights = rights(platform, name, "ExecutionRole")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            assert allowed[action]["Resource"] == [f"${{{stack}.LogGroup.Arn}}"]
