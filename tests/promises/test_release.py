"""Deployment: who asks a new version before clients get it, and what is allowed for that."""

from __future__ import annotations

from typing import Any

from .contract import add, drop, promise, put, remove
from .reading import COLOURS, grants, service
from .resolved import Platform, allowed, sole
from .routing import ALB, TEST, answer, entrance, listener
from .watching import BALANCER

HOOK = "service-payment/Service/DeploymentConfiguration/LifecycleHooks/0"
INVOKE = "release/HookRole/Policies/call/PolicyDocument/Statement/0"
MOVER = "service-payment/InfrastructureRole"
MOVES = f"{MOVER}/Policies/move-requests/PolicyDocument/Statement"
GROUP = "firewall/LoadBalancerGroup/SecurityGroupIngress"


@promise(
    "deployment",
    on=["prod"],
    broken_by={
        "nobody asks": drop("service-payment/Service/DeploymentConfiguration/LifecycleHooks"),
        "asked when clients have it already": put(f"{HOOK}/LifecycleStages", ["POST_PRODUCTION_TRAFFIC_SHIFT"]),
        "asked before requests lead there": put(f"{HOOK}/LifecycleStages", ["POST_SCALE_UP"]),
        "somebody has to say yes": put(f"{HOOK}/TargetType", "PAUSE"),
        "another function": put("release/Outputs/TestFunctionArn/Value", {"Fn::GetAtt": ["Redeploy", "Arn"]}),
        "called with another role": put(
            "release/Outputs/TestRoleArn/Value", {"Fn::GetAtt": ["TestVersionRole", "Arn"]}
        ),
        "called with the role that moves requests": put(
            f"{HOOK}/RoleArn", {"Fn::GetAtt": ["InfrastructureRole", "Arn"]}
        ),
        "another load balancer": put(f"{HOOK}/HookDetails/loadBalancer", "app/other/1"),
        "the old version is asked": put(f"{HOOK}/HookDetails/port", 443),
        "asked in the clear": put(f"{HOOK}/HookDetails/scheme", "http"),
        "asked by another name": put(f"{HOOK}/HookDetails/host", "example.org"),
        "another service is asked": put(f"{HOOK}/HookDetails/paths", ["/order"]),
        "nothing is asked": put(f"{HOOK}/HookDetails/paths", []),
        "asked no times": put(f"{HOOK}/HookDetails/times", 0),
        "errors are right": add(f"{HOOK}/HookDetails/statuses", 500),
        "a function that is outside": drop("release/TestVersion/VpcConfig"),
        "a function that ends before its time": put("release/TestVersion/Timeout", 3),
        "a function that nobody hears of when it breaks": drop("release/TestVersionFailed"),
    },
)
def test_a_new_version_is_asked_before_clients_get_it(platform: Platform) -> None:
    """By the listener that leads to it alone, once it does: at that stage.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
    """
    door = listener(platform, TEST)
    certificate = platform.at(sole(door["Certificates"])["CertificateArn"])["Properties"]
    function = platform.resource("release", "TestVersion")["Properties"]
    alarm = platform.only("AWS::CloudWatch::Alarm", "release")
    assert (alarm["MetricName"], alarm["Dimensions"]) == (
        "Errors",
        [{"Name": "FunctionName", "Value": "${release.TestVersion}"}],
    )
    for name in platform.services:
        where = service(platform, name)["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"]
        assert function.get("VpcConfig", {}).get("SubnetIds") == where
        hook = sole(service(platform, name)["DeploymentConfiguration"].get("LifecycleHooks", []))
        details = hook["HookDetails"]
        assert {key: value for key, value in hook.items() if value is not details} == {
            "TargetType": "AWS_LAMBDA",
            "HookTargetArn": "${release.TestVersion.Arn}",
            "RoleArn": "${release.HookRole.Arn}",
            "LifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
        }
        assert details["loadBalancer"] == BALANCER
        assert (details["scheme"].upper(), details["port"]) == (door["Protocol"], door["Port"])
        assert details["host"] == certificate["DomainName"]
        assert [answer(platform, TEST, path) for path in details["paths"]] == [f"${{service-{name}.TargetGroup}}"]
        assert details["statuses"] == [200]
        assert details["times"] > 1
        asked = details["times"] * details["seconds"] * len(details["paths"])
        assert asked < function["Timeout"], "all addresses are asked side by side"


@promise(
    "deployment",
    on=["prod"],
    broken_by={
        "a role for programs": put(
            f"{MOVER}/AssumeRolePolicyDocument/Statement/0/Principal/Service", "ecs-tasks.amazonaws.com"
        ),
        "a role for anybody": put(f"{MOVER}/AssumeRolePolicyDocument/Statement/0/Principal", {"AWS": "*"}),
        "every rule of the account": put(f"{MOVES}/1/Resource", ["*"]),
        "production cannot be moved": remove(f"{MOVES}/1/Resource", {"Ref": "ProductionRule"}),
        "a test cannot be moved": remove(f"{MOVES}/1/Resource", {"Ref": "TestRule"}),
        "rules can be deleted": add(f"{MOVES}/1/Action", "elasticloadbalancing:DeleteRule"),
        "every listener of the account": put(f"{MOVES}/2/Resource", ["*"]),
        "tasks that reach one colour only": remove(f"{MOVES}/3/Resource", {"Ref": "AlternateTargetGroup"}),
        "tasks in the groups of others": add(f"{MOVES}/3/Resource", "*"),
        "old tasks that stay": remove(f"{MOVES}/3/Action", "elasticloadbalancing:DeregisterTargets"),
        "blind": drop(f"{MOVES}/0"),
        "AWS's own policy": put(
            f"{MOVER}/ManagedPolicyArns",
            ["arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"],
        ),
        "a hook that may call anything": put(f"{INVOKE}/Resource", ["*"]),
        "a hook that may call another": add(f"{INVOKE}/Resource", "arn:aws:lambda:eu-west-1:1:function:other"),
        "a hook that may change functions": put(f"{INVOKE}/Action", ["lambda:*"]),
        "a hook that may not call": drop("release/HookRole/Policies"),
        "a hook for programs": put(
            "release/HookRole/AssumeRolePolicyDocument/Statement/0/Principal/Service", "ecs-tasks.amazonaws.com"
        ),
        "a hook with AWS's own policy": put(
            "release/HookRole/ManagedPolicyArns", ["arn:aws:iam::aws:policy/AWSLambda_FullAccess"]
        ),
    },
)
def test_ecs_may_move_the_requests_of_a_service_and_call_the_test_and_no_more(platform: Platform) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html"""
    _belongs_to_ecs(platform.resource("release", "HookRole")["Properties"])
    assert grants(platform, "release", "HookRole") == {("lambda:InvokeFunction", "${release.TestVersion.Arn}")}
    for name in platform.services:
        stack = f"service-{name}"
        _belongs_to_ecs(platform.resource(stack, "InfrastructureRole")["Properties"])
        looks = {f"Describe{what}" for what in ("Listeners", "Rules", "TargetGroups", "TargetHealth")}
        may = {(look, "*") for look in looks}
        may |= {("ModifyRule", f"${{{stack}.{rule}}}") for rule in ("ProductionRule", "TestRule")}
        may |= {("ModifyListener", door) for door in (entrance(platform), TEST)}
        groups = [f"${{{stack}.{group}}}" for group in COLOURS["prod"]]
        may |= {(f"{verb}Targets", group) for verb in ("Register", "Deregister") for group in groups}
        assert grants(platform, stack, "InfrastructureRole") == {
            (f"elasticloadbalancing:{action}", resource) for action, resource in may
        }


def _belongs_to_ecs(role: Any) -> None:
    assert "ManagedPolicyArns" not in role
    statement = sole(allowed(role["AssumeRolePolicyDocument"]))
    assert (statement["Principal"], statement["Action"]) == ({"Service": "ecs.amazonaws.com"}, ["sts:AssumeRole"])


@promise(
    "deployment",
    on=["prod"],
    broken_by={
        "open to the internet": add(
            GROUP, {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "CidrIp": "0.0.0.0/0"}
        ),
        "open to the internet by IPv6": add(
            GROUP, {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "CidrIpv6": "::/0"}
        ),
        "open with the ports beside it": put(f"{GROUP}/0/ToPort", 9000),
        "open, as everything is": put(f"{GROUP}/0", {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}),
        "open by another resource": put(
            "firewall/Open",
            {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": {
                    "GroupId": {"Fn::GetAtt": ["LoadBalancerGroup", "GroupId"]},
                    "IpProtocol": "tcp",
                    "FromPort": 8443,
                    "ToPort": 8443,
                    "CidrIp": "10.0.0.0/16",
                },
            },
        ),
        "open to a service": put(
            "firewall/TesterToLoadBalancer/SourceSecurityGroupId", {"Fn::GetAtt": ["PaymentGroup", "GroupId"]}
        ),
        "open to nobody": drop("firewall/TesterToLoadBalancer"),
        "a tester that is somebody else": put("release/TestVersion/VpcConfig/SecurityGroupIds", ["sg-1"]),
        "where clients are": put("ingress/TestListener/Port", 443),
        "in the clear": put("ingress/TestListener/Protocol", "HTTP"),
        "TLS 1.0": put("ingress/TestListener/SslPolicy", "ELBSecurityPolicy-2016-08"),
        "of another load balancer": put("ingress/TestListener/LoadBalancerArn", "arn:elsewhere"),
        "200 by default": put("ingress/TestListener/DefaultActions/0/FixedResponseConfig/StatusCode", "200"),
    },
)
def test_nobody_but_the_test_reaches_the_listener_of_new_versions(platform: Platform) -> None:
    door, usual = listener(platform, TEST), listener(platform, entrance(platform))
    assert door["Port"] == 8443
    assert {key: door[key] for key in usual if key != "Port"} == {key: usual[key] for key in usual if key != "Port"}
    (group,) = platform.only(f"{ALB}::LoadBalancer", "ingress")["SecurityGroups"]
    beside = platform.properties("AWS::EC2::SecurityGroupIngress").values()
    ways = [
        *platform.at(group)["Properties"]["SecurityGroupIngress"],
        *(way for way in beside if way["GroupId"] == group),
    ]
    leading = [way for way in ways if way.get("FromPort", 0) <= door["Port"] <= way.get("ToPort", 65535)]
    way = sole(leading)
    assert not {"CidrIp", "CidrIpv6", "SourcePrefixListId"} & way.keys()
    tester = platform.resource("release", "TestVersion")["Properties"]["VpcConfig"]
    assert [way["SourceSecurityGroupId"]] == tester["SecurityGroupIds"] == ["${firewall.TesterGroup.GroupId}"]
