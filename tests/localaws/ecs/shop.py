"""A service with two target groups, and what a client sees of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from typing import Any

from tests.localaws.account import REGION, Account

ENDED = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")
LONG = 1440
"""Minutes that no test waits for."""

PATIENCE = 60
HOOK = """
import json, time

def handler(event, context):
    details = event["hookDetails"]
    if "bucket" in details:
        import boto3
        boto3.client("s3").put_object(Bucket=details["bucket"], Key=str(time.time_ns()), Body=json.dumps(event))
    first, *rest = details["answers"]
    if first == "raise":
        raise ValueError("out of stock")
    return {"hookStatus": first, "callBackDelay": 10, "hookDetails": {"answers": rest}}
"""
_NUMBERS = count(1)
_ELB = "AWS::ElasticLoadBalancingV2::"


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def arn(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def role(service: str) -> dict[str, Any]:
    trusted = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [trusted]}}}


def ground(network: str = "10.0", hook: str = HOOK) -> dict[str, Any]:
    """What services stand on: the first half of all addresses, and the program of the function that hooks call."""

    def subnet(number: int) -> dict[str, Any]:
        zone = f"{REGION}{'ab'[number]}"
        properties = {"VpcId": ref("Vpc"), "CidrBlock": f"{network}.{number}.0/24", "AvailabilityZone": zone}
        return {"Type": "AWS::EC2::Subnet", "Properties": properties}

    def listener(port: int) -> dict[str, Any]:
        default = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        said = {"LoadBalancerArn": ref("Balancer"), "Port": port, "Protocol": "HTTP", "DefaultActions": [default]}
        return {"Type": f"{_ELB}Listener", "Properties": said}

    function = {"Code": {"ZipFile": hook}, "Handler": "index.handler", "Runtime": "python3.13", "Timeout": 60}
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": f"{network}.0.0/16"}},
        "SubnetA": subnet(0),
        "SubnetB": subnet(1),
        "Cluster": {"Type": "AWS::ECS::Cluster"},
        "Balancer": {"Type": f"{_ELB}LoadBalancer", "Properties": {"Subnets": [ref("SubnetA"), ref("SubnetB")]}},
        "Listener": listener(80),
        "TestListener": listener(8443),
        "Ecs": role("ecs.amazonaws.com"),
        "Lambda": role("lambda.amazonaws.com"),
        "Hook": {"Type": "AWS::Lambda::Function", "Properties": function | {"Role": arn("Lambda")}},
    }
    names = ("Vpc", "SubnetA", "Cluster", "Listener", "TestListener")
    outputs = {name: {"Value": ref(name)} for name in names} | {
        each: {"Value": arn(each)} for each in ("Ecs", "Lambda", "Hook")
    }
    return {"Resources": resources, "Outputs": outputs}


def weighted(first: Any, second: Any, weights: tuple[int, int] = (100, 0)) -> dict[str, Any]:
    groups = [
        {"TargetGroupArn": group, "Weight": weight} for group, weight in zip((first, second), weights, strict=True)
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


class Shop:
    """A service, not made yet."""

    def __init__(self, account: Account, ground: dict[str, str]) -> None:
        self.account, self.ground, self.number = account, ground, next(_NUMBERS)
        self.ecs, self.elb, self.name = account("ecs"), account("elbv2"), f"shop-{self.number}"
        self.blue, self.green = self._group("blue"), self._group("green")
        self.production, self.test = self._rule("Listener"), self._rule("TestListener")
        self.container: dict[str, Any] = {}
        """What task definitions say of the container, beside its image."""

    def _group(self, colour: str) -> str:
        said = {"Protocol": "HTTP", "Port": 80, "TargetType": "ip", "VpcId": self.ground["Vpc"]}
        made = self.elb.create_target_group(Name=f"{colour}-{self.number}", **said)
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def _rule(self, listener: str) -> str:
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{self.name}/*"]}}
        said = {"Conditions": [condition], "Actions": [weighted(self.blue, self.green)], "Priority": self.number}
        return str(self.elb.create_rule(ListenerArn=self.ground[listener], **said)["Rules"][0]["RuleArn"])

    def task(self, image: str = "public.ecr.aws/docker/library/nginx:1") -> str:
        """A new revision of the task definition."""
        container = {"name": "app", "image": image, "portMappings": [{"containerPort": 8080}]} | self.container
        said = {"family": self.name, "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
        made = self.ecs.register_task_definition(containerDefinitions=[container], **said)
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def advanced(self, **other: Any) -> dict[str, Any]:
        said = {
            "alternateTargetGroupArn": self.green,
            "productionListenerRule": self.production,
            "testListenerRule": self.test,
            "roleArn": self.ground["Ecs"],
        } | other
        return {name: value for name, value in said.items() if value}

    def balancers(self, **other: Any) -> list[dict[str, Any]]:
        where = {"containerName": "app", "containerPort": 8080, "targetGroupArn": self.blue}
        return [where | {"advancedConfiguration": self.advanced(**other)}]

    def open(self, strategy: str = "BLUE_GREEN", desired: int = 2, balancers: Any = None, **said: Any) -> None:
        """Make the service."""
        self.ecs.create_service(
            cluster=self.ground["Cluster"],
            serviceName=self.name,
            taskDefinition=self.task(),
            desiredCount=desired,
            loadBalancers=self.balancers() if balancers is None else balancers,
            networkConfiguration={"awsvpcConfiguration": {"subnets": [self.ground["SubnetA"]]}},
            deploymentConfiguration=self.configuration(strategy, **said),
        )

    def opened(self, strategy: str = "BLUE_GREEN", **said: Any) -> Shop:
        """The same, once its first deployment is over."""
        self.open(strategy, **said)
        assert self.ended()["status"] == "SUCCESSFUL"
        return self

    def configuration(self, strategy: str = "BLUE_GREEN", **said: Any) -> dict[str, Any]:
        breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
        return breaker | {"strategy": strategy, "bakeTimeInMinutes": 0} | said

    def deploy(self, image: str = "public.ecr.aws/docker/library/nginx:2", **more: Any) -> None:
        """Begin another deployment."""
        where = {"cluster": self.ground["Cluster"], "service": self.name}
        self.ecs.update_service(**where, taskDefinition=self.task(image), **more)

    def hook(self, *answers: str, stage: str = "POST_TEST_TRAFFIC_SHIFT", **more: Any) -> dict[str, Any]:
        said = {"hookTargetArn": self.ground["Hook"], "roleArn": self.ground["Ecs"], "lifecycleStages": [stage]}
        return said | {"hookDetails": {"answers": list(answers)}} | more

    def deployment(self) -> dict[str, Any]:
        """The newest deployment."""
        where = {"cluster": self.ground["Cluster"], "service": self.name}
        newest = self.ecs.list_service_deployments(**where)["serviceDeployments"][0]["serviceDeploymentArn"]
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[newest])["serviceDeployments"][0]
        return dict(found)

    def until(self, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The newest deployment, as soon as it is as it is to be."""
        return next(each for each in self._watched() if done(each))

    def ended(self) -> dict[str, Any]:
        return self.until(lambda found: found["status"] in ENDED)

    def at(self, stage: str) -> dict[str, Any]:
        return self.until(lambda found: found.get("lifecycleStage") == stage)

    def _watched(self) -> Iterator[dict[str, Any]]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            yield self.deployment()
            time.sleep(0.02)
        raise TimeoutError(self.deployment())

    def weights(self, rule: str) -> tuple[int, int]:
        """Those of the blue group and of the green one, in percent or per mille."""
        action = self.elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
        found = {each["TargetGroupArn"]: each["Weight"] for each in action["ForwardConfig"]["TargetGroups"]}
        return found[self.blue], found[self.green]

    @property
    def live(self) -> tuple[int, int]:
        return self.weights(self.production)

    def targets(self, group: str) -> int:
        """How many healthy ones there are."""
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return sum(each["TargetHealth"]["State"] == "healthy" for each in found)

    def seen(self) -> list[tuple[int, int]]:
        """The weights that a client sees until the deployment is over; no request of it goes where nobody answers."""
        found = [self.live]
        for deployment in self._watched():
            before = self.live
            unanswered = [group for group in (self.blue, self.green) if not self.targets(group)]
            weights = dict(zip((self.blue, self.green), before, strict=True))
            if self.live == before:
                assert not any(weights[group] for group in unanswered), (weights, unanswered)
            found.append(before)
            if deployment["status"] in ENDED:
                break
        found.append(self.live)
        return found[:1] + [new for old, new in pairwise(found) if new != old]

    def running(self) -> int:
        where = {"cluster": self.ground["Cluster"], "serviceName": self.name}
        return len(self.ecs.list_tasks(**where)["taskArns"])
