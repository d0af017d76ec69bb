"""Services in templates: tasks that run, and those that do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.localaws.account import REGION, Account

PUBLIC = "public.ecr.aws/docker/library/nginx:1"


def platform(image: str = PUBLIC, secrets: list[dict[str, str]] | None = None, **service: Any) -> dict[str, Any]:
    """The least that a service behind a load balancer needs."""

    def ref(name: str) -> dict[str, str]:
        return {"Ref": name}

    def subnet(number: int) -> dict[str, Any]:
        zone = f"{REGION}{'ab'[number]}"
        return {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": ref("Vpc"), "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": zone},
        }

    options = {"awslogs-group": ref("Logs"), "awslogs-region": REGION, "awslogs-stream-prefix": "app"}
    container = {
        "Name": "app",
        "Image": image,
        "PortMappings": [{"ContainerPort": 8080}],
        "LogConfiguration": {"LogDriver": "awslogs", "Options": options},
        "Secrets": secrets or [],
    }
    elb = "AWS::ElasticLoadBalancingV2::"
    subnets = [ref("SubnetA"), ref("SubnetB")]
    breaker = {"Enable": True, "Rollback": True}
    return {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "SubnetA": subnet(0),
            "SubnetB": subnet(1),
            "Logs": {"Type": "AWS::Logs::LogGroup"},
            "Cluster": {"Type": "AWS::ECS::Cluster"},
            "Balancer": {"Type": f"{elb}LoadBalancer", "Properties": {"Subnets": subnets}},
            "Group": {
                "Type": f"{elb}TargetGroup",
                "Properties": {"VpcId": ref("Vpc"), "TargetType": "ip", "Protocol": "HTTP", "Port": 80},
            },
            "Listener": {
                "Type": f"{elb}Listener",
                "Properties": {
                    "LoadBalancerArn": ref("Balancer"),
                    "Port": 80,
                    "Protocol": "HTTP",
                    "DefaultActions": [{"Type": "forward", "TargetGroupArn": ref("Group")}],
                },
            },
            "Task": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {
                    "Cpu": "256",
                    "Memory": "512",
                    "NetworkMode": "awsvpc",
                    "ContainerDefinitions": [container],
                },
            },
            "Service": {
                "Type": "AWS::ECS::Service",
                "DependsOn": "Listener",
                "Properties": {
                    "Cluster": ref("Cluster"),
                    "TaskDefinition": ref("Task"),
                    "DeploymentConfiguration": {"DeploymentCircuitBreaker": breaker},
                    "LoadBalancers": [{"ContainerName": "app", "ContainerPort": 8080, "TargetGroupArn": ref("Group")}],
                    "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": subnets}},
                }
                | service,
            },
        }
    }


def image(account: Account, name: str, **annotations: str) -> str:
    """An image in the account's own registry."""
    ecr = account("ecr")
    ecr.create_repository(repositoryName=name)
    said = {f"com.tapgen.local.{key.replace('_', '-')}": value for key, value in annotations.items()}
    manifest = json.dumps({"schemaVersion": 2, "annotations": said})
    pushed = ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="one")
    return f"{account.number}.dkr.ecr.{REGION}.amazonaws.com/{name}@{pushed['image']['imageId']['imageDigest']}"


def described(account: Account) -> dict[str, Any]:
    arn = account.physical_id("s", "Service")
    found = account("ecs").describe_services(cluster=account.physical_id("s", "Cluster"), services=[arn])["services"][0]
    return dict(found)


def stopped(account: Account) -> list[dict[str, Any]]:
    ecs, cluster = account("ecs"), account("ecs").list_clusters()["clusterArns"][0]
    arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
    return list(ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"])


def test_tasks_run_and_are_targets(account: Account) -> None:
    assert account.create("s", platform(DesiredCount=2))["StackStatus"] == "CREATE_COMPLETE"
    service = described(account)
    assert (service["desiredCount"], service["runningCount"]) == (2, 2)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert service["events"][0]["message"].endswith("has reached a steady state.")
    health = account("elbv2").describe_target_health(TargetGroupArn=account.physical_id("s", "Group"))
    found = [(each["Target"]["Port"], each["TargetHealth"]["State"]) for each in health["TargetHealthDescriptions"]]
    assert found == [(8080, "healthy")] * 2
    assert account.delete("s")["StackStatus"] == "DELETE_COMPLETE"


def test_the_number_that_scaling_chose_stays(account: Account) -> None:
    account.create("s", platform())
    service = described(account)
    assert service["desiredCount"] == 1
    account("ecs").update_service(cluster=service["clusterArn"], service=service["serviceArn"], desiredCount=5)
    account.update("s", platform(EnableExecuteCommand=True))
    assert (described(account)["desiredCount"], described(account)["enableExecuteCommand"]) == (5, True)


def scaled(minimum: int, maximum: int) -> dict[str, Any]:
    template = platform()
    template["Resources"]["Target"] = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ServiceNamespace": "ecs",
            "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": {"Fn::Sub": "service/${Cluster}/${Service.Name}"},
            "MinCapacity": minimum,
            "MaxCapacity": maximum,
        },
    }
    return template


def test_a_scalable_target_lifts_the_number_into_its_range(account: Account) -> None:
    account.create("s", scaled(3, 6))
    assert described(account)["desiredCount"] == 3


def test_an_image_that_is_not_there(account: Account) -> None:
    missing = f"{account.number}.dkr.ecr.{REGION}.amazonaws.com/none@sha256:{'0' * 64}"
    assert account.create("s", platform(missing))["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = next(
        reason for name, status, reason in account.events("s") if (name, status) == ("Service", "CREATE_FAILED")
    )
    assert "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'." in reason
    assert reason.endswith("HandlerErrorCode: GeneralServiceException)")


def test_a_failed_update_goes_back_to_the_tasks_before(account: Account) -> None:
    account.create("s", platform(DesiredCount=2))
    before = described(account)
    broken = image(account, "broken", exit_code="3", log="no database\ngiving up")
    assert account.update("s", platform(broken, DesiredCount=2))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"

    after = described(account)
    assert (after["taskDefinition"], after["runningCount"]) == (before["taskDefinition"], 2)
    task = next(each for each in stopped(account) if each["stopCode"] == "EssentialContainerExited")
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["containers"][0]["exitCode"] == 3
    assert any("deployment failed: tasks failed to start." in each["message"] for each in after["events"])
    group = account.physical_id("s", "Logs")
    found = account("logs").filter_log_events(logGroupName=group)["events"]
    assert {each["message"] for each in found} == {"no database", "giving up"}


def test_an_image_that_answers_503(account: Account) -> None:
    account.create("s", platform())
    sick = image(account, "sick", health="unhealthy")
    assert account.update("s", platform(sick))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    reasons = {each["stoppedReason"] for each in stopped(account)}
    assert any(reason.startswith("Task failed ELB health checks in (target-group arn:aws:") for reason in reasons)
    messages = [each["message"] for each in described(account)["events"]]
    assert any("due to (reason Health checks failed with these codes: [503])" in each for each in messages)


@pytest.mark.parametrize(
    ("key", "text"), [("nobody", "did not contain json key nobody"), ("", "ResourceNotFoundException")]
)
def test_secrets_that_are_not_there(account: Account, key: str, text: str) -> None:
    secret = account("secretsmanager").create_secret(Name="db", SecretString='{"user": "u"}')["ARN"]
    arn = f"{secret}:{key}::" if key else f"{secret[:-6]}abcdef"
    account.create("s", platform(), DisableRollback=True)
    account.update("s", platform(secrets=[{"Name": "DB", "ValueFrom": arn}]))
    reasons = [each["stoppedReason"] for each in stopped(account) if each["stopCode"] == "TaskFailedToStart"]
    assert reasons[0].startswith("ResourceInitializationError: unable to pull secrets or registry auth: ")
    assert text in reasons[0]


def test_a_service_on_an_unknown_cluster(account: Account) -> None:
    account.create("s", platform(Cluster="nobody"))
    assert any("Cluster not found." in reason for _, _, reason in account.events("s"))


def test_a_target_group_in_use_stays(account: Account) -> None:
    account.create("s", platform())
    elb, group = account("elbv2"), account.physical_id("s", "Group")
    with pytest.raises(elb.exceptions.ResourceInUseException):
        elb.delete_target_group(TargetGroupArn=group)
