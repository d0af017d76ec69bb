"""Services, health and secrets: what runs, and what it is told."""

from __future__ import annotations

import json
import re

from tapgen import placeholder

from .contract import add, both, drop, other, promise, put, swap
from .envoy import LOOPBACK, Envoy
from .reading import (
    BALANCED,
    CALLED,
    CALLS,
    CLIENTS,
    PORTS,
    container,
    containers,
    front,
    rights,
    service,
    target_groups,
    variables,
)
from .resolved import Platform, sole

CONTAINER = "service-payment/TaskDefinition/ContainerDefinitions/app"
FRONT = "service-payment/TaskDefinition/ContainerDefinitions/-1"
"""The last container, which is the one that traffic reaches."""

HEALTH = f"{CONTAINER}/HealthCheck"


@promise(
    "services",
    broken_by={
        "a service is missing": lambda templates: templates.pop("service-order"),
        "half a vCPU": put("service-payment/TaskDefinition/Cpu", "512"),
        "4 GB": put("service-payment/TaskDefinition/Memory", "4096"),
        "another port": put(f"{FRONT}/PortMappings/0/ContainerPort", 80),
        "a target group that a new port replaces": put("service-payment/TargetGroup/Port", 8080),
        "one port more": add(f"{FRONT}/PortMappings", {"Name": "admin", "ContainerPort": 9090}),
        "a container more": add(
            "service-payment/TaskDefinition/ContainerDefinitions",
            {"Name": "web", "PortMappings": [{"ContainerPort": 8080}]},
        ),
        "the load balancer told another port": put("service-payment/Service/LoadBalancers/0/ContainerPort", 8081),
        "the load balancer told another container": put("service-payment/Service/LoadBalancers/0/ContainerName", "web"),
        "another path": put(
            "service-payment/ListenerRulePayment|ProductionRule/Conditions/0/PathPatternConfig/Values",
            ["/pay", "/pay/*"],
        ),
        "another task definition": put("service-payment/Service/TaskDefinition", "payment:1"),
    },
)
def test_there_are_three_services_of_one_vcpu_and_two_gigabytes(platform: Platform) -> None:
    """ECS registers each task at the port that the service names; the one of the target group is never used.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb.html
    """
    assert set(platform.services) == set(PORTS)
    for name in PORTS:
        stack = f"service-{name}"
        task = platform.only("AWS::ECS::TaskDefinition", stack)
        assert (task["Cpu"], task["Memory"]) == ("1024", "2048")
        called = any(name in callees for callees in CALLS.values())
        opened = {BALANCED[platform.name][name]} | ({CALLED[platform.name][name]} if called else set())
        assert sorted(mapping["ContainerPort"] for mapping in front(platform, name)["PortMappings"]) == sorted(opened)
        assert {group["Port"] for group in target_groups(platform, name)} == {80}, "of no task"
        runs = service(platform, name)
        assert runs["TaskDefinition"] == f"${{{stack}.TaskDefinition}}"
        behind = sole(runs["LoadBalancers"])
        reached = front(platform, name)["Name"], BALANCED[platform.name][name]
        assert (behind["ContainerName"], behind["ContainerPort"]) == reached
        rules = platform.properties("AWS::ElasticLoadBalancingV2::ListenerRule", stack).values()
        assert len(rules) == len(target_groups(platform, name))
        for rule in rules:
            assert sole(rule["Conditions"])["PathPatternConfig"]["Values"] == [f"/{name}", f"/{name}/*"]


@promise(
    "services",
    defects=[24],
    broken_by={
        "two services in one stack": put("service-payment/Second", {"Type": "AWS::ECS::Service", "Properties": {}}),
        "a service that weighs more than others": put("service-payment/Topic", {"Type": "AWS::SNS::Topic"}),
        "resources in the root": put("root/Topic", {"Type": "AWS::SNS::Topic", "Properties": {"TemplateURL": ""}}),
        "listener rules in the stack of the load balancer": put(
            "ingress/Rule", {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule"}
        ),
        "a service that others build upon": lambda templates: templates["service-payment"].update(
            Outputs={"Name": {"Value": {"Fn::GetAtt": ["Service", "Name"]}}}
        ),
    },
)
def test_every_service_is_a_stack_of_its_own_and_all_weigh_the_same(platform: Platform) -> None:
    """So the platform grows by stacks, and none of them grows; with 60 services in tests/test_platform.py."""
    kinds = [[each["Type"] for each in platform.templates[f"service-{name}"]["Resources"].values()] for name in PORTS]
    assert kinds[0] == kinds[1] == kinds[2]
    assert {each["Type"] for each in platform.templates["root"]["Resources"].values()} == {"AWS::CloudFormation::Stack"}
    for kind in ("AWS::ECS::Service", "AWS::ElasticLoadBalancingV2::ListenerRule"):
        stacks = {address.partition(".")[0] for address in platform.all(kind)}
        assert stacks == {f"service-{name}" for name in PORTS}
    for name in PORTS:
        offered = platform.templates[f"service-{name}"].get("Outputs", {})
        assert set(offered) == ({"Arn"} if name in CLIENTS[platform.name] else set()), "whom to give new tasks"


@promise(
    "services",
    broken_by={
        "not for Fargate": put("service-payment/TaskDefinition/RequiresCompatibilities", ["EC2"]),
        "no address of its own": put("service-payment/TaskDefinition/NetworkMode", "bridge"),
        "another architecture": put("service-payment/TaskDefinition/RuntimePlatform/CpuArchitecture", "ARM64"),
        "another protocol": put(f"{FRONT}/PortMappings/0/Protocol", "udp"),
        "TLS where nobody speaks it, or none where somebody does": other(
            "service-payment/TargetGroup/Protocol", "HTTP", "HTTPS"
        ),
        "health in what nobody speaks there": put("service-payment/TargetGroup/HealthCheckProtocol", "TCP"),
        "a task that goes on without its program": put(f"{CONTAINER}/Essential", False),
        "a task that goes on without what traffic reaches": put(f"{FRONT}/Essential", False),
        "logs that Fargate has not": put(f"{CONTAINER}/LogConfiguration/LogDriver", "json-file"),
    },
)
def test_tasks_are_such_as_fargate_runs(platform: Platform) -> None:
    """Whatever a target group speaks, health is asked for in HTTP unless it says otherwise.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    """
    for name in platform.services:
        task = platform.only("AWS::ECS::TaskDefinition", f"service-{name}")
        assert (task["RequiresCompatibilities"], task["NetworkMode"]) == (["FARGATE"], "awsvpc")
        assert task["RuntimePlatform"] == {"CpuArchitecture": "X86_64", "OperatingSystemFamily": "LINUX"}
        for each in containers(platform, name).values():
            assert each["LogConfiguration"]["LogDriver"] == "awslogs"
        assert container(platform, name)["Essential"] is front(platform, name)["Essential"] is True
        assert {mapping["Protocol"] for mapping in front(platform, name)["PortMappings"]} == {"tcp"}
        spoken = {"dev": "HTTP", "prod": "HTTPS"}[platform.name]
        for group in target_groups(platform, name):
            assert group["Protocol"] == group.get("HealthCheckProtocol", "HTTP") == spoken


@promise(
    "services",
    broken_by={
        "one task at least": put("service-order/ScalableTarget/MinCapacity", 1),
        "twenty at most": put("service-order/ScalableTarget/MaxCapacity", 20),
    },
)
def test_two_to_ten_tasks_run_unless_the_environment_says_otherwise(platform: Platform) -> None:
    for name in platform.services:
        target = platform.only("AWS::ApplicationAutoScaling::ScalableTarget", f"service-{name}")
        special = platform.name == "dev" and name == "payment"
        assert (target["MinCapacity"], target["MaxCapacity"]) == ((1, 2) if special else (2, 10))


@promise(
    "services",
    broken_by={
        "a name that is not told": drop(f"{CONTAINER}/Environment/SERVICE_NAME"),
        "the name of another": put(f"{CONTAINER}/Environment/SERVICE_NAME/Value", "order"),
        "another environment": put(f"{CONTAINER}/Environment/ENVIRONMENT/Value", "test"),
        "a port that nobody asks": put(f"{CONTAINER}/Environment/PORT/Value", "80"),
    },
)
def test_containers_are_told_who_they_are(platform: Platform) -> None:
    for name, port in PORTS.items():
        told = variables(platform, name)
        expected = {"SERVICE_NAME": name, "ENVIRONMENT": platform.name, "PORT": str(port)}
        assert expected.items() <= told.items()


@promise(
    "secrets",
    on=["prod"],
    broken_by={
        "a username in plain sight": add(f"{CONTAINER}/Environment", {"Name": "DB_USERNAME", "Value": "app"}),
        "no password": drop(f"{CONTAINER}/Secrets/DB_PASSWORD"),
        "the whole secret, not one key": swap(f"{CONTAINER}/Secrets/DB_PASSWORD/ValueFrom", ":password::", ""),
        "another key": swap(f"{CONTAINER}/Secrets/DB_PASSWORD/ValueFrom", ":password::", ":username::"),
        "a key that the secret lacks": put("databases/ShopSecret/GenerateSecretString/GenerateStringKey", "word"),
        "a template without a username": put("databases/ShopSecret/GenerateSecretString/SecretStringTemplate", "{}"),
    },
)
def test_whoever_shares_the_database_gets_two_keys_of_its_secret(platform: Platform) -> None:
    for name in PORTS:
        secrets = {each["Name"]: each["ValueFrom"] for each in container(platform, name).get("Secrets", [])}
        assert not variables(platform, name).keys() & secrets.keys()
        assert secrets == (
            {"DB_USERNAME": "${databases.ShopSecret}:username::", "DB_PASSWORD": "${databases.ShopSecret}:password::"}
            if name in CLIENTS[platform.name]
            else {}
        )
    generated = platform.at("${databases.ShopSecret}")["Properties"]["GenerateSecretString"]
    assert {generated["GenerateStringKey"], *json.loads(generated["SecretStringTemplate"])} >= {"username", "password"}


@promise(
    "secrets",
    defects=[13],
    broken_by={"a secret without a database": put("alerts/Secret", {"Type": "AWS::SecretsManager::Secret"})},
    on=["dev"],
)
def test_without_a_database_there_is_no_credential_of_one(platform: Platform) -> None:
    assert not platform.all("AWS::SecretsManager::Secret")
    assert not any("Secrets" in container(platform, name) for name in PORTS)


@promise(
    "secrets",
    defects=[13],
    on=["prod"],
    broken_by={
        "no rotation": drop("databases/ShopSecretRotation"),
        "rotated once a year": put("databases/ShopSecretRotation/RotationRules/AutomaticallyAfterDays", 365),
        "another secret is rotated": put("databases/ShopSecretRotation/SecretId", {"Ref": "ShopProbe"}),
    },
)
def test_the_credentials_of_the_database_are_rotated_every_30_days(platform: Platform) -> None:
    schedule = platform.only("AWS::SecretsManager::RotationSchedule", "databases")
    assert schedule["RotationRules"]["AutomaticallyAfterDays"] == 30
    assert schedule["SecretId"] == "${databases.ShopSecret}"


@promise(
    "health",
    defects=[17],
    broken_by={
        "no check": drop(HEALTH),
        "every 10 s": put(f"{HEALTH}/Interval", 10),
        "timeout 30": put(f"{HEALTH}/Timeout", 30),
        "one retry": put(f"{HEALTH}/Retries", 1),
        "another port": swap(HEALTH, "8080", "8081"),
        "another path": swap(HEALTH, "/health", "/"),
        "what traffic reaches is not checked": drop(f"{FRONT}/HealthCheck"),
        "a grace period shorter than the start": put("service-payment/Service/HealthCheckGracePeriodSeconds", 20),
        "no grace period": drop("service-payment/Service/HealthCheckGracePeriodSeconds"),
    },
)
def test_every_container_is_checked_where_it_listens_and_has_time_to_start(platform: Platform) -> None:
    for name, port in PORTS.items():
        assert all("HealthCheck" in each for each in containers(platform, name).values())
        check = container(platform, name)["HealthCheck"]
        assert (check["Interval"], check["Timeout"], check["Retries"]) == (30, 5, 3)
        assert check["Command"] == placeholder.health_command(port, "/health")
        grace = service(platform, name).get("HealthCheckGracePeriodSeconds", 0)
        assert grace >= check["StartPeriod"] + check["Interval"]


@promise(
    "health",
    defects=[3],
    broken_by={
        "an image that listens where it likes": both(
            put(f"{CONTAINER}/Image", "amazon/amazon-ecs-sample"), drop(f"{CONTAINER}/Command")
        ),
        "an image that may change": put(f"{CONTAINER}/Image", "public.ecr.aws/docker/library/python:latest"),
        "health somewhere else": swap(f"{CONTAINER}/Environment", "/health", "/"),
        "asked for health elsewhere": put("service-payment/TargetGroup/HealthCheckPath", "/"),
        "asked for health where it does not listen": put("service-payment/TargetGroup/HealthCheckPort", "80"),
        "told another port than it is reached at": swap(f"{CONTAINER}/Environment", "8080", "80"),
        "reached at another port than it is told": put("service-payment/Service/LoadBalancers/0/ContainerPort", 80),
        "a port that is not opened": put(f"{FRONT}/PortMappings/0/ContainerPort", 80),
        "a prefix that it does not know": swap(f"{CONTAINER}/Environment", "/payment", "/pay"),
    },
)
def test_what_runs_answers_where_it_is_asked(platform: Platform) -> None:
    """A test of the placeholder starts the very command, and asks."""
    for name, port in PORTS.items():
        runs = container(platform, name)
        assert re.search(r"@sha256:[0-9a-f]{64}$", runs["Image"])
        assert runs.get("Command") == placeholder.command()
        told = variables(platform, name)
        assert told["HEALTH_PATH"] == "/health"
        for group in target_groups(platform, name):
            assert group["HealthCheckPath"] == "/health"
            assert group.get("HealthCheckPort", "traffic-port") == "traffic-port"
        reached = sole(service(platform, name)["LoadBalancers"])["ContainerPort"]
        assert reached in [mapping["ContainerPort"] for mapping in front(platform, name)["PortMappings"]]
        assert int(told["PORT"]) == _program(platform, name, reached) == port
        assert told["PATH_PREFIXES"] == f"/{name}"


def _program(platform: Platform, name: str, port: int) -> int:
    """The port of the program to which one of its task leads."""
    if platform.name == "dev":
        return port
    envoy = Envoy(platform, name)
    host, behind = envoy.leads_to(envoy.into()[port])
    assert host == LOOPBACK
    return behind


@promise(
    "secrets",
    on=["prod"],
    broken_by={
        "12 characters": put("databases/ShopSecret/GenerateSecretString/PasswordLength", 12),
        "a password in the template": put("databases/ShopSecret/SecretString", "secret"),
        "without a key of its own": drop("databases/ShopSecret/KmsKeyId"),
        "the key of the logs": put(
            "root/Databases/Parameters/KeysCredentialsKeyArn", {"Fn::GetAtt": ["Keys", "Outputs.LogsKeyArn"]}
        ),
        "a role that may not read it": drop("service-payment/ExecutionRole/Policies/0/PolicyDocument/Statement/3"),
        "a role that may not decrypt it": drop("service-payment/ExecutionRole/Policies/0/PolicyDocument/Statement/4"),
        "a role that may decrypt with another key": put(
            "root/ServicePayment/Parameters/KeysCredentialsKeyArn", {"Fn::GetAtt": ["Keys", "Outputs.AlertsKeyArn"]}
        ),
        "decryption through another service": swap(
            "service-payment/ExecutionRole/Policies/0/PolicyDocument/Statement/4/Condition", "secretsmanager.", "s3."
        ),
        "the code may read it too": put(
            "service-payment/TaskRole/Policies",
            [
                {
                    "PolicyDocument": {
                        "Statement": [
                            {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": ["*"]}
                        ]
                    }
                }
            ],
        ),
    },
)
def test_passwords_of_32_characters_are_generated_and_only_fargate_reads_them(platform: Platform) -> None:
    secret = platform.at("${databases.ShopSecret}")["Properties"]
    assert secret["GenerateSecretString"]["PasswordLength"] == 32
    assert "SecretString" not in secret
    assert secret.get("KmsKeyId") == "${keys.CredentialsKey.Arn}"
    for name in CLIENTS[platform.name]:
        may = rights(platform, name, "ExecutionRole")
        assert may["secretsmanager:GetSecretValue"]["Resource"] == ["${databases.ShopSecret}"]
        assert may["kms:Decrypt"]["Resource"] == [secret["KmsKeyId"]]
        assert may["kms:Decrypt"]["Condition"]["StringEquals"] == {
            "kms:ViaService": "secretsmanager.${AWS::Region}.amazonaws.com",
            "kms:CallerAccount": "${AWS::AccountId}",
        }
        assert "secretsmanager:GetSecretValue" not in rights(platform, name, "TaskRole")
