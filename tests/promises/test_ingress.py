"""Ingress: what the internet reaches, and how."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from .contract import add, both, drop, promise, put, swap
from .reading import service
from .resolved import Platform, allowed, sole

ALB = "AWS::ElasticLoadBalancingV2"
LISTENER = "ingress/Listener"
RULE = "service-payment/ListenerRule"
BALANCER = "ingress/LoadBalancer"
BUCKET = "${ingress.AccessLogs.Arn}"


def listener(platform: Platform) -> Any:
    """The listener that the services' rules belong to."""
    rules = platform.properties(f"{ALB}::ListenerRule").values()
    assert len({rule["ListenerArn"] for rule in rules}) == 1
    found = platform.at(next(iter(rules))["ListenerArn"])
    assert found["Type"] == f"{ALB}::Listener"
    return found["Properties"]


def attributes(properties: Any, key: str) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in properties[key]}


def answer(platform: Platform, path: str) -> str:
    """Who answers a request: the first rule by priority whose pattern matches; `*` stands for slashes too.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
    """
    rules = platform.properties(f"{ALB}::ListenerRule").values()
    assert len({rule["Priority"] for rule in rules}) == len(rules), "two rules of one priority"
    for rule in sorted(rules, key=lambda rule: rule["Priority"]):
        condition = sole(rule["Conditions"])
        assert condition["Field"] == "path-pattern"
        if any(fnmatchcase(path, pattern) for pattern in condition["PathPatternConfig"]["Values"]):
            action = sole(rule["Actions"])
            assert action["Type"] == "forward"
            return str(sole(action["ForwardConfig"]["TargetGroups"])["TargetGroupArn"])
    return str(sole(listener(platform)["DefaultActions"])["FixedResponseConfig"]["StatusCode"])


PATHS = {
    "/payment": "payment",
    "/payment/": "payment",
    "/payment/7/refund": "payment",
    "/order": "order",
    "/order/1": "order",
    "/notification": "notification",
    "/notification/x": "notification",
    "/": None,
    "/health": None,
    "/payments": None,
    "/Payment": None,
}


@promise(
    "ingress",
    defects=[10],
    broken_by={
        "only with a slash": drop(f"{RULE}/Conditions/0/PathPatternConfig/Values/0"),
        "only without": drop(f"{RULE}/Conditions/0/PathPatternConfig/Values/1"),
        "more than its own": put(f"{RULE}/Conditions/0/PathPatternConfig/Values/1", "/payment*"),
        "one priority for two": both(put(f"{RULE}/Priority", 7), put("service-order/ListenerRule/Priority", 7)),
        "a rule before all others": both(
            put(f"{RULE}/Priority", 1), put(f"{RULE}/Conditions/0/PathPatternConfig/Values/1", "/*")
        ),
        "another's tasks": put(f"{RULE}/Actions/0/ForwardConfig/TargetGroups/0/TargetGroupArn", "arn:order"),
        "rules of no listener": put(f"{RULE}/ListenerArn", "arn:elsewhere"),
        "rules on the load balancer": put("ingress/Outputs/ListenerArn/Value/Ref", "LoadBalancer"),
        "200 by default": put(f"{LISTENER}/DefaultActions/0/FixedResponseConfig/StatusCode", "200"),
        "a target group that no service fills": put("service-payment/Service/LoadBalancers/0/TargetGroupArn", "arn:x"),
    },
)
def test_paths_lead_to_their_services_and_all_others_are_404(platform: Platform) -> None:
    assert listener(platform)["LoadBalancerArn"] == "${ingress.LoadBalancer}"
    assert sole(listener(platform)["DefaultActions"])["Type"] == "fixed-response"
    for path, name in PATHS.items():
        assert answer(platform, path) == (f"${{service-{name}.TargetGroup}}" if name else "404")
    for name in platform.services:
        behind = sole(service(platform, name)["LoadBalancers"])
        assert behind["TargetGroupArn"] == f"${{service-{name}.TargetGroup}}"


@promise(
    "ingress",
    defects=[10],
    on=["prod"],
    broken_by={
        "no encryption": put(f"{LISTENER}/Protocol", "HTTP"),
        "another port": put(f"{LISTENER}/Port", 8443),
        "CloudFormation's own policy": drop(f"{LISTENER}/SslPolicy"),
        "TLS 1.0": put(f"{LISTENER}/SslPolicy", "ELBSecurityPolicy-2016-08"),
        "no certificate": drop(f"{LISTENER}/Certificates"),
        "a certificate that waits for an e-mail": put("ingress/Certificate/ValidationMethod", "EMAIL"),
        "a certificate that nobody validates": drop("ingress/Certificate/DomainValidationOptions/0/HostedZoneId"),
        "a certificate of another name": put("ingress/Certificate/DomainName", "example.org"),
        "no redirect": drop("ingress/RedirectListener"),
        "a redirect to HTTP": put("ingress/RedirectListener/DefaultActions/0/RedirectConfig/Protocol", "HTTP"),
        "a redirect that serves": put(
            "ingress/RedirectListener/DefaultActions/0", {"Type": "forward", "TargetGroupArn": "arn"}
        ),
        "443 closed": drop("firewall/LoadBalancerGroup/SecurityGroupIngress/0"),
        "80 closed": drop("firewall/LoadBalancerGroup/SecurityGroupIngress/1"),
        "a redirect for nobody": put("ingress/RedirectListener/LoadBalancerArn", "arn:elsewhere"),
        "a name in another zone": put("ingress/Record/HostedZoneId", "Z9"),
        "a name that leads elsewhere": put("ingress/Record/AliasTarget/DNSName", "example.org"),
    },
)
def test_production_speaks_https_and_redirects_to_it(platform: Platform) -> None:
    https = listener(platform)
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
        "a listener that nobody reaches": put(f"{LISTENER}/Port", 8080),
    },
)
def test_only_ports_with_a_listener_are_open(platform: Platform) -> None:
    listeners = platform.properties(f"{ALB}::Listener", "ingress").values()
    assert _open_ports(platform) == {each["Port"] for each in listeners} == {80}


GROUP = "service-payment/TargetGroup"


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
        "killed before it has left": put("service-payment/TaskDefinition/ContainerDefinitions/0/StopTimeout", 20),
        "tasks before the rule that ties them": drop("service-payment/Service/DependsOn"),
    },
)
def test_targets_are_asked_for_health_and_leave_in_30_seconds(platform: Platform) -> None:
    for name in platform.services:
        stack = f"service-{name}"
        group = platform.only(f"{ALB}::TargetGroup", stack)
        assert (group["HealthCheckPath"], group["Matcher"]["HttpCode"]) == ("/health", "200")
        assert (group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]) == (10, 5)
        assert (group["HealthyThresholdCount"], group["UnhealthyThresholdCount"]) == (2, 3)
        assert (group["TargetType"], group["VpcId"]) == ("ip", "${network.Vpc}")
        assert "TargetGroupAttributes" in group
        delay = int(attributes(group, "TargetGroupAttributes")["deregistration_delay.timeout_seconds"])
        container = sole(platform.only("AWS::ECS::TaskDefinition", stack)["ContainerDefinitions"])
        assert delay == 30 <= container["StopTimeout"]
        assert platform.resource(stack, "Service").get("DependsOn") == "ListenerRule"


@promise(
    "ingress",
    defects=[22],
    broken_by={
        "internal": put(f"{BALANCER}/Scheme", "internal"),
        "for connections, not requests": put(f"{BALANCER}/Type", "network"),
        "in private subnets": swap("root/Ingress/Parameters", "PublicSubnetIds", "PrivateSubnetIds"),
        "invalid headers let through": put(f"{BALANCER}/LoadBalancerAttributes/2/Value", "false"),
        "no access logs": put(f"{BALANCER}/LoadBalancerAttributes/4/Value", "false"),
        "access logs to nowhere": drop(f"{BALANCER}/LoadBalancerAttributes/5"),
        "a bucket that does not let it write": drop("ingress/AccessLogsPolicy/PolicyDocument/Statement/0"),
        "the old principal": put(
            "ingress/AccessLogsPolicy/PolicyDocument/Statement/0/Principal/Service", "logdelivery.elb.amazonaws.com"
        ),
        "written to another place": put(
            "ingress/AccessLogsPolicy/PolicyDocument/Statement/0/Resource", [{"Fn::GetAtt": ["AccessLogs", "Arn"]}]
        ),
        "written by load balancers of anybody": drop("ingress/AccessLogsPolicy/PolicyDocument/Statement/0/Condition"),
        "written before it is allowed": drop(f"{BALANCER}/DependsOn"),
        "encrypted with a key that it cannot use": put(
            "ingress/AccessLogs/BucketEncryption/ServerSideEncryptionConfiguration/0"
            "/ServerSideEncryptionByDefault/SSEAlgorithm",
            "aws:kms",
        ),
        "a public bucket": put("ingress/AccessLogs/PublicAccessBlockConfiguration/BlockPublicPolicy", False),
        "logs kept for ever": drop("ingress/AccessLogs/LifecycleConfiguration"),
    },
)
def test_the_load_balancer_faces_the_internet_and_keeps_a_record(platform: Platform) -> None:
    balancer = sole(platform.all(f"{ALB}::LoadBalancer", "ingress").values())
    properties = balancer["Properties"]
    assert (properties["Type"], properties["Scheme"]) == ("application", "internet-facing")
    assert properties["Subnets"] == [f"${{network.PublicSubnet{zone}}}" for zone in (1, 2, 3)]
    told = attributes(properties, "LoadBalancerAttributes")
    assert told["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert told["access_logs.s3.enabled"] == "true"
    bucket = platform.at(told.get("access_logs.s3.bucket", ""))["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    default = sole(bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"])["ServerSideEncryptionByDefault"]
    assert default == {"SSEAlgorithm": "AES256"}
    expiry = sole(bucket.get("LifecycleConfiguration", {}).get("Rules", []))
    assert (expiry["Status"], expiry["ExpirationInDays"]) == ("Enabled", 90)
    assert balancer.get("DependsOn") == "AccessLogsPolicy"
    policy = platform.only("AWS::S3::BucketPolicy", "ingress")
    assert policy["Bucket"] == told["access_logs.s3.bucket"]
    may = sole(allowed(policy["PolicyDocument"]))
    assert may["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert (may["Action"], may["Resource"]) == (["s3:PutObject"], [f"{BUCKET}/AWSLogs/${{AWS::AccountId}}/*"])
    balancers = "arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:${AWS::AccountId}:loadbalancer/*"
    assert may.get("Condition") == {"ArnLike": {"aws:SourceArn": balancers}}


@promise(
    "ingress",
    broken_by={
        "records sent in the clear": drop("ingress/AccessLogsPolicy/PolicyDocument/Statement/1"),
        "a wish, not a rule": put("ingress/AccessLogsPolicy/PolicyDocument/Statement/1/Effect", "Allow"),
        "the bucket, not what is in it": drop("ingress/AccessLogsPolicy/PolicyDocument/Statement/1/Resource/1"),
        "templates sent in the clear": drop("bootstrap/ArtifactBucketPolicy"),
    },
)
def test_nobody_reaches_a_bucket_without_tls(platform: Platform) -> None:
    policies = {
        each["Bucket"]: each["PolicyDocument"] for each in platform.properties("AWS::S3::BucketPolicy").values()
    }
    for address in platform.all("AWS::S3::Bucket"):
        assert f"${{{address}}}" in policies
        statements = policies[f"${{{address}}}"]["Statement"]
        refusal = sole(statement for statement in statements if statement["Effect"] == "Deny")
        assert (refusal["Principal"], refusal["Action"]) == ("*", ["s3:*"])
        assert refusal["Resource"] == [f"${{{address}.Arn}}", f"${{{address}.Arn}}/*"]
        assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@promise(
    "ingress",
    defects=[22],
    on=["prod"],
    broken_by={
        "no firewall": drop("ingress/WebAcl"),
        "a firewall before nothing": drop("ingress/WebAclAssociation"),
        "a firewall before something else": put("ingress/WebAclAssociation/ResourceArn", "arn:elsewhere"),
        "a firewall for CloudFront": put("ingress/WebAcl/Scope", "CLOUDFRONT"),
        "rules that only count": put("ingress/WebAcl/Rules/2/OverrideAction", {"Count": {}}),
        "rules of nobody": put("ingress/WebAcl/Rules/1/Statement/ManagedRuleGroupStatement/VendorName", "Somebody"),
        "two rules of one priority": put("ingress/WebAcl/Rules/1/Priority", 2),
        "no limit": put("ingress/WebAcl/Rules/0/Action", {"Count": {}}),
    },
)
def test_a_web_application_firewall_stands_before_production(platform: Platform) -> None:
    acl = platform.only("AWS::WAFv2::WebACL", "ingress")
    assert acl["Scope"] == "REGIONAL"
    association = platform.only("AWS::WAFv2::WebACLAssociation", "ingress")
    assert association == {"ResourceArn": "${ingress.LoadBalancer}", "WebACLArn": "${ingress.WebAcl.Arn}"}
    limit, *managed = acl["Rules"]
    assert limit["Action"] == {"Block": {}}
    assert limit["Statement"] == {"RateBasedStatement": {"AggregateKeyType": "IP", "Limit": 2000}}
    assert [rule["OverrideAction"] for rule in managed] == [{"None": {}}] * 3
    groups = [rule["Statement"]["ManagedRuleGroupStatement"] for rule in managed]
    names = ("AmazonIpReputationList", "CommonRuleSet", "KnownBadInputsRuleSet")
    assert groups == [{"VendorName": "AWS", "Name": f"AWSManagedRules{name}"} for name in names]
    assert len({rule["Priority"] for rule in acl["Rules"]}) == 4
