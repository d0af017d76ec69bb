"""Ingress: what the internet reaches, and how."""

from __future__ import annotations

from typing import Any

from .contract import Mutation, add, both, drop, promise, put, rename
from .reading import attributes, containers, service, target_groups
from .resolved import Platform, sole
from .routing import ALB, PATHS, answer, entrance, listener

HTTP = "ingress/HttpListener"
HTTPS = "ingress/HttpsListener"
RULE = "service-payment/ListenerRulePayment|ProductionRule"
OTHER_RULE = "service-order/ListenerRuleOrder|ProductionRule"


def at_listener(path: str, value: Any) -> Mutation:
    """Set what stands at *path* of the listener that the services' rules belong to, whichever it is."""

    def change(templates: dict[str, Any]) -> None:
        title = templates["ingress"]["Outputs"]["ListenerArn"]["Value"]["Ref"]
        put(f"ingress/{title}/{path}", value)(templates)

    return change


@promise(
    "ingress",
    defects=[10],
    broken_by={
        "only with a slash": drop(f"{RULE}/Conditions/0/PathPatternConfig/Values/0"),
        "only without": drop(f"{RULE}/Conditions/0/PathPatternConfig/Values/1"),
        "more than its own": put(f"{RULE}/Conditions/0/PathPatternConfig/Values/1", "/payment*"),
        "one priority for two": both(put(f"{RULE}/Priority", 7), put(f"{OTHER_RULE}/Priority", 7)),
        "a rule before all others": both(
            put(f"{RULE}/Priority", 1), put(f"{RULE}/Conditions/0/PathPatternConfig/Values/1", "/*")
        ),
        "another's tasks": put(f"{RULE}/Actions/0/ForwardConfig/TargetGroups/0/TargetGroupArn", "arn:order"),
        "rules of no listener": put(f"{RULE}/ListenerArn", "arn:elsewhere"),
        "rules on the load balancer": put("ingress/Outputs/ListenerArn/Value/Ref", "LoadBalancer"),
        "200 by default": at_listener("DefaultActions/0/FixedResponseConfig/StatusCode", "200"),
        "a redirect by default": at_listener(
            "DefaultActions/0", {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}
        ),
        "a target group that no service fills": put("service-payment/Service/LoadBalancers/0/TargetGroupArn", "arn:x"),
    },
)
def test_paths_lead_to_their_services_and_all_others_are_404(platform: Platform) -> None:
    door = entrance(platform)
    assert listener(platform, door)["LoadBalancerArn"] == "${ingress.LoadBalancer}"
    assert sole(listener(platform, door)["DefaultActions"])["Type"] == "fixed-response"
    for path, name in PATHS.items():
        assert answer(platform, door, path) == (f"${{service-{name}.TargetGroup}}" if name else "404")
    for name in platform.services:
        behind = sole(service(platform, name)["LoadBalancers"])
        assert behind["TargetGroupArn"] == f"${{service-{name}.TargetGroup}}"


@promise(
    "ingress",
    defects=[10],
    on=["prod"],
    broken_by={
        "no encryption": put(f"{HTTPS}/Protocol", "HTTP"),
        "another port": put(f"{HTTPS}/Port", 8443),
        "CloudFormation's own policy": drop(f"{HTTPS}/SslPolicy"),
        "TLS 1.0": put(f"{HTTPS}/SslPolicy", "ELBSecurityPolicy-2016-08"),
        "no certificate": drop(f"{HTTPS}/Certificates"),
        "a certificate that waits for an e-mail": put("ingress/Certificate/ValidationMethod", "EMAIL"),
        "a certificate that nobody validates": drop("ingress/Certificate/DomainValidationOptions/0/HostedZoneId"),
        "a certificate of another name": put("ingress/Certificate/DomainName", "example.org"),
        "no redirect": drop(HTTP),
        "a redirect to HTTP": put(f"{HTTP}/DefaultActions/0/RedirectConfig/Protocol", "HTTP"),
        "a redirect that serves": put(f"{HTTP}/DefaultActions/0", {"Type": "forward", "TargetGroupArn": "arn"}),
        "a redirect that is only 404": put(
            f"{HTTP}/DefaultActions/0", {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        ),
        "443 closed": drop("firewall/LoadBalancerGroup/SecurityGroupIngress/0"),
        "80 closed": drop("firewall/LoadBalancerGroup/SecurityGroupIngress/1"),
        "a redirect for nobody": put(f"{HTTP}/LoadBalancerArn", "arn:elsewhere"),
        "a name in another zone": put("ingress/Record/HostedZoneId", "Z9"),
        "a name that leads elsewhere": put("ingress/Record/AliasTarget/DNSName", "example.org"),
    },
)
def test_production_speaks_https_and_redirects_to_it(platform: Platform) -> None:
    https = listener(platform, entrance(platform))
    assert (https["Port"], https["Protocol"]) == (443, "HTTPS")
    assert https.get("SslPolicy") == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    certificate = platform.at(sole(https.get("Certificates", []))["CertificateArn"])["Properties"]
    assert (certificate["DomainName"], certificate["ValidationMethod"]) == ("shop.example.com", "DNS")
    zone = {"DomainName": "shop.example.com", "HostedZoneId": "Z0123456789ABCDEFGHIJ"}
    assert certificate["DomainValidationOptions"] == [zone]
    redirect = sole(
        each for each in platform.properties(f"{ALB}::Listener", "ingress").values() if each["Protocol"] == "HTTP"
    )
    assert (redirect["Port"], redirect["LoadBalancerArn"]) == (80, "${ingress.LoadBalancer}")
    action = sole(redirect["DefaultActions"])
    assert action["Type"] == "redirect"
    assert action.get("RedirectConfig") == {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    assert _open_ports(platform) == {80, 443}
    record = platform.only("AWS::Route53::RecordSet", "ingress")
    assert (record["Type"], record["Name"], record["HostedZoneId"]) == ("A", *zone.values())
    assert record["AliasTarget"]["DNSName"] == "${ingress.LoadBalancer.DNSName}"
    assert record["AliasTarget"]["HostedZoneId"] == "${ingress.LoadBalancer.CanonicalHostedZoneID}"


def _open_ports(platform: Platform) -> set[int]:
    group = sole(platform.only(f"{ALB}::LoadBalancer", "ingress")["SecurityGroups"])
    ways = platform.at(group)["Properties"]["SecurityGroupIngress"]
    assert all((way["IpProtocol"], way["CidrIp"]) == ("tcp", "0.0.0.0/0") for way in ways)
    assert all(way["FromPort"] == way["ToPort"] for way in ways)
    return {way["FromPort"] for way in ways}


@promise(
    "ingress",
    defects=[10],
    on=["dev"],
    broken_by={
        "443 open with nothing behind it": add(
            "firewall/LoadBalancerGroup/SecurityGroupIngress",
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"},
        ),
        "a listener that nobody reaches": put(f"{HTTP}/Port", 8080),
        "a listener of another protocol": put(f"{HTTP}/Protocol", "HTTPS"),
    },
)
def test_only_ports_with_a_listener_are_open(platform: Platform) -> None:
    listeners = platform.properties(f"{ALB}::Listener", "ingress").values()
    assert _open_ports(platform) == {each["Port"] for each in listeners} == {80}
    assert [each["Protocol"] for each in listeners] == ["HTTP"]
    assert listener(platform, entrance(platform)) in listeners


@promise(
    "ingress",
    defects=[10],
    broken_by={
        "called after what it does": rename(HTTP, "RedirectListener"),
        "another port": put(f"{HTTP}/Port", 8080),
        "one more": put(
            "ingress/Listener", {"Type": f"{ALB}::Listener", "Properties": {"Port": 8443, "Protocol": "HTTPS"}}
        ),
        "listeners somewhere else": put(
            "alerts/HttpListener", {"Type": f"{ALB}::Listener", "Properties": {"Port": 80}}
        ),
    },
)
def test_a_listener_is_called_after_its_port_whatever_it_does(platform: Platform) -> None:
    """So that moving between http and https updates it in place: the port is never taken twice.

    The one for new versions takes another port then, which nobody else has.
    """
    expected = {
        "dev": {"HttpListener": 80},
        "prod": {"HttpListener": 80, "HttpsListener": 443, "TestListener": 8443},
    }[platform.name]
    listeners = platform.properties(f"{ALB}::Listener")
    assert {address: each["Port"] for address, each in listeners.items()} == {
        f"ingress.{title}": port for title, port in expected.items()
    }


GROUP = "service-payment/TargetGroup"


def untied(templates: dict[str, Any]) -> None:
    """Let tasks start that nothing ties to the load balancer yet."""
    made = templates["service-payment"]["Resources"]["Service"]
    made.pop("DependsOn", None)
    for behind in made["Properties"]["LoadBalancers"]:
        behind.pop("AdvancedConfiguration", None)


@promise(
    "ingress",
    broken_by={
        "every 30 s": put(f"{GROUP}/HealthCheckIntervalSeconds", 30),
        "10 s timeout": put(f"{GROUP}/HealthCheckTimeoutSeconds", 10),
        "slow to trust": put(f"{GROUP}/HealthyThresholdCount", 5),
        "quick to give up": put(f"{GROUP}/UnhealthyThresholdCount", 2),
        "another path": put(f"{GROUP}/HealthCheckPath", "/"),
        "errors are fine": put(f"{GROUP}/Matcher/HttpCode", "200-499"),
        "300 s to leave": put(f"{GROUP}/TargetGroupAttributes/0/Value", "300"),
        "CloudFormation's own time to leave": drop(f"{GROUP}/TargetGroupAttributes"),
        "instances, which Fargate has not": put(f"{GROUP}/TargetType", "instance"),
        "a VPC of its own": put(f"{GROUP}/VpcId", "vpc-1"),
        "killed before it has left": put("service-payment/TaskDefinition/ContainerDefinitions/app/StopTimeout", 20),
        "what leads there is killed": put("service-payment/TaskDefinition/ContainerDefinitions/-1/StopTimeout", 20),
        "tasks before the rule that ties them": untied,
    },
)
def test_targets_are_asked_for_health_and_leave_in_30_seconds(platform: Platform) -> None:
    for name in platform.services:
        stack = f"service-{name}"
        for group in target_groups(platform, name):
            assert (group["HealthCheckPath"], group["Matcher"]["HttpCode"]) == ("/health", "200")
            assert (group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]) == (10, 5)
            assert (group["HealthyThresholdCount"], group["UnhealthyThresholdCount"]) == (2, 3)
            assert (group["TargetType"], group["VpcId"]) == ("ip", "${network.Vpc}")
            assert "TargetGroupAttributes" in group
            delay = int(attributes(group, "TargetGroupAttributes")["deregistration_delay.timeout_seconds"])
            assert delay == 30 <= min(each["StopTimeout"] for each in containers(platform, name).values())
        assert set(platform.all(f"{ALB}::ListenerRule", stack)) == _waited_for(platform, stack)


def _waited_for(platform: Platform, stack: str) -> set[str]:
    """The listener rules that are there before the service is: it names them, or says that it waits."""
    made = platform.resource(stack, "Service")
    waited = {f"{stack}.{title}" for title in made.get("DependsOn", [])}
    named = sole(made["Properties"]["LoadBalancers"]).get("AdvancedConfiguration", {})
    rules = {named.get(f"{which}ListenerRule", "") for which in ("Production", "Test")} - {""}
    return waited | {rule.removeprefix("${").removesuffix("}") for rule in rules}
