"""The golden platform of a landing zone comes up among what is there already, and goes without it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tapgen.config.read import understand
from tapgen.config.yaml.source import compose
from tapgen.render import render
from tapgen.write import write
from tests.localaws.account import REGION, Account

GOLDEN = Path(__file__).parents[1] / "golden/platforms/everything-existing/tapgen.yaml"


ENCRYPTS_LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
    "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
    "Resource": "*",
}
"""Without it CloudWatch Logs refuses the key, as docs say of `keys.logs`."""


@dataclass(frozen=True)
class LandingZone:
    """What an account has before the platform, and what the golden file calls it."""

    balancer: str
    listener: str
    names: dict[str, str]


def landing_zone(account: Account) -> LandingZone:
    ec2, elb = account("ec2"), account("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.40.{number}.0/24", AvailabilityZone=f"{REGION}{'ab'[number % 2]}")
        for number in range(4)
    ]
    ids = [made["Subnet"]["SubnetId"] for made in subnets]
    group = ec2.create_security_group(GroupName="shared", Description="shared", VpcId=vpc)["GroupId"]
    (balancer,) = elb.create_load_balancer(Name="shared", Subnets=ids[:2], SecurityGroups=[group])["LoadBalancers"]
    certificate = account("acm").request_certificate(DomainName="example.com")["CertificateArn"]
    (listener,) = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Port=443,
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"]
    account("ecs").create_cluster(clusterName="shared", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    account("servicediscovery").create_http_namespace(Name="shared")
    (namespace,) = account("servicediscovery").list_namespaces()["Namespaces"]
    account("route53").create_hosted_zone(Name="example.com", CallerReference="Z0123456789ABCDEFGHIJ")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [ENCRYPTS_LOGS]})
    keys = [account("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"] for _ in range(2)]
    written = yaml.safe_load(GOLDEN.read_text())["environments"]["live"]
    network, ingress = written["network"]["existing"], written["ingress"]["existing"]
    names = {
        network["vpc"]: vpc,
        **dict(zip((*network["public_subnets"], *network["private_subnets"]), ids, strict=True)),
        ingress["security_group"]: group,
        ingress["listener"]: listener["ListenerArn"],
        ingress["dns_name"]: balancer["DNSName"],
        written["cluster"]["existing"]["namespace"]: namespace["Arn"],
        written["alerts"]["topic"]: account("sns").create_topic(Name="oncall")["TopicArn"],
        **dict(zip(written["keys"].values(), keys, strict=True)),
    }
    return LandingZone(balancer["LoadBalancerArn"], listener["ListenerArn"], names)


def rules(account: Account, listener: str) -> list[Any]:
    """Every rule but the default."""
    found = account("elbv2").describe_rules(ListenerArn=listener)["Rules"]
    return [rule for rule in found if not rule["IsDefault"]]


def test_a_platform_among_what_exists_already(account: Account, tmp_path: Path) -> None:
    there = landing_zone(account)
    text = GOLDEN.read_text()
    for written, real in there.names.items():
        text = text.replace(written, real)
    configuration = understand(
        compose(text.replace("111111111111", account.number).encode(), "tapgen.yaml"), compose(b"", "none")
    )
    write(render(configuration), tmp_path)
    account.bucket()
    assert account.deploy("intranet-live", tmp_path / "live")["StackStatus"] == "CREATE_COMPLETE"

    made = rules(account, there.listener)
    assert len(made) == 3
    assert all(20001 <= int(rule["Priority"]) <= 30000 for rule in made)
    certificates = account("elbv2").describe_listener_certificates(ListenerArn=there.listener)["Certificates"]
    assert len(certificates) == 2
    services = account("ecs").list_services(cluster="shared")["serviceArns"]
    assert len(services) == 2
    assert len(account("ecs").list_clusters()["clusterArns"]) == 1
    assert len(account("elbv2").describe_load_balancers()["LoadBalancers"]) == 1
    assert [vpc["CidrBlock"] for vpc in account("ec2").describe_vpcs()["Vpcs"] if not vpc.get("IsDefault")] == [
        "10.40.0.0/16"
    ]

    assert account.delete("intranet-live")["StackStatus"] == "DELETE_COMPLETE"
    assert rules(account, there.listener) == []
    assert account("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"] == there.balancer
