"""The load balancer: what it faces, what it records, and what stands before it."""

from __future__ import annotations

from .contract import add, drop, promise, put, swap
from .reading import attributes
from .resolved import Platform, allowed, sole

ALB = "AWS::ElasticLoadBalancingV2"
BALANCER = "ingress/LoadBalancer"
BUCKET = "${ingress.AccessLogs.Arn}"


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


COMMON = "ingress/WebAcl/Rules/2/Statement/ManagedRuleGroupStatement"


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
        "no uploads above 8 KB": drop(f"{COMMON}/RuleActionOverrides"),
        "no uploads above 8 KB, though it is said": put(f"{COMMON}/RuleActionOverrides/0/ActionToUse", {"Block": {}}),
        "an attack that is only counted": put(f"{COMMON}/RuleActionOverrides/0/Name", "CrossSiteScripting_BODY"),
        "one more that is only counted": add(
            f"{COMMON}/RuleActionOverrides", {"Name": "NoUserAgent_HEADER", "ActionToUse": {"Count": {}}}
        ),
        "known bad inputs that are counted": put(
            "ingress/WebAcl/Rules/3/Statement/ManagedRuleGroupStatement/RuleActionOverrides",
            [{"Name": "Log4JRCE_BODY", "ActionToUse": {"Count": {}}}],
        ),
    },
)
def test_a_web_application_firewall_stands_before_production(platform: Platform) -> None:
    """Of its rules one alone only counts: it would refuse every body of more than 8 KB.

    https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
    """
    acl = platform.only("AWS::WAFv2::WebACL", "ingress")
    assert acl["Scope"] == "REGIONAL"
    association = platform.only("AWS::WAFv2::WebACLAssociation", "ingress")
    assert association == {"ResourceArn": "${ingress.LoadBalancer}", "WebACLArn": "${ingress.WebAcl.Arn}"}
    limit, *managed = acl["Rules"]
    assert limit["Action"] == {"Block": {}}
    assert limit["Statement"] == {"RateBasedStatement": {"AggregateKeyType": "IP", "Limit": 2000}}
    assert [rule["OverrideAction"] for rule in managed] == [{"None": {}}] * 3
    groups = [rule["Statement"]["ManagedRuleGroupStatement"] for rule in managed]
    counted = {"RuleActionOverrides": [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]}
    assert groups == [
        {"VendorName": "AWS", "Name": "AWSManagedRulesAmazonIpReputationList"},
        {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"} | counted,
        {"VendorName": "AWS", "Name": "AWSManagedRulesKnownBadInputsRuleSet"},
    ]
    assert len({rule["Priority"] for rule in acl["Rules"]}) == 4
