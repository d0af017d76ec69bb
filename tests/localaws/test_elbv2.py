"""Load balancers: what they refuse, remember and write."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import REGION, Account


@pytest.fixture
def subnets(account: Account) -> list[str]:
    ec2 = account("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]


@pytest.fixture
def balancer(account: Account, subnets: list[str]) -> str:
    return str(account("elbv2").create_load_balancer(Name="b", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"])


def group(account: Account, subnets: list[str], name: str = "g") -> str:
    vpc = account("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    made = account("elbv2").create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def listener(account: Account, balancer: str, *actions: dict[str, Any], port: int = 80) -> str:
    default = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    made = account("elbv2").create_listener(
        LoadBalancerArn=balancer, Port=port, Protocol="HTTP", DefaultActions=list(actions) or [default]
    )
    return str(made["Listeners"][0]["ListenerArn"])


def test_one_zone_is_not_enough(account: Account, subnets: list[str]) -> None:
    with pytest.raises(ClientError, match="two different Availability Zones"):
        account("elbv2").create_load_balancer(Name="b", Subnets=subnets[:1])


def test_deletion_protection_in_a_template(account: Account, subnets: list[str]) -> None:
    protected = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    properties = {"Subnets": subnets, "LoadBalancerAttributes": protected}
    resource = {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": properties}
    account.create("s", {"Resources": {"Balancer": resource}})
    assert account.delete("s")["StackStatus"] == "DELETE_FAILED"
    assert any("deletion protection is enabled" in reason for _, _, reason in account.events("s"))

    arn = account.physical_id("s", "Balancer")
    off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    account("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=off)
    assert account.delete("s")["StackStatus"] == "DELETE_COMPLETE"


def test_weights_and_rewrites_are_kept(account: Account, balancer: str, subnets: list[str]) -> None:
    elb = account("elbv2")
    groups = [
        {"TargetGroupArn": group(account, subnets, name), "Weight": weight} for name, weight in (("g", 9), ("h", 1))
    ]
    transform = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a/(.*)$", "Replace": "/$1"}]}}
    elb.create_rule(
        ListenerArn=listener(account, balancer),
        Priority=1,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a/*"]}}],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        Transforms=[transform],
    )
    arn = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    rule = next(each for each in elb.describe_rules(ListenerArn=arn)["Rules"] if each["Priority"] == "1")
    assert rule["Actions"][0]["ForwardConfig"]["TargetGroups"] == groups
    assert rule["Transforms"] == [transform]
    with pytest.raises(elb.exceptions.ResourceInUseException):
        elb.delete_target_group(TargetGroupArn=groups[0]["TargetGroupArn"])


def test_a_priority_is_used_once(account: Account, balancer: str) -> None:
    rule = {
        "ListenerArn": listener(account, balancer),
        "Priority": 5,
        "Conditions": [{"Field": "path-pattern", "Values": ["/"]}],
        "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    }
    account("elbv2").create_rule(**rule)
    with pytest.raises(account("elbv2").exceptions.PriorityInUseException):
        account("elbv2").create_rule(**rule)


@pytest.mark.parametrize("allowed", [True, False])
def test_access_logs_need_a_bucket_that_lets_them_in(account: Account, balancer: str, allowed: bool) -> None:
    bucket, s3 = f"logs-{account.number}", account("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    if allowed:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{account.number}/*",
        }
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    wanted = [{"Key": "access_logs.s3.enabled", "Value": "true"}, {"Key": "access_logs.s3.bucket", "Value": bucket}]
    if allowed:
        account("elbv2").modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=wanted)
    else:
        with pytest.raises(ClientError, match="Access Denied for bucket"):
            account("elbv2").modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=wanted)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert keys == ([f"AWSLogs/{account.number}/ELBAccessLogTestFile"] if allowed else [])


class Target(BaseHTTPRequestHandler):
    """Answers with the path that it was asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def target() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Target) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def get(account: Account, host: str, path: str) -> tuple[int, str, str | None]:
    with closing(http.client.HTTPConnection(urlsplit(account.environment["AWS_ENDPOINT_URL"]).netloc)) as connection:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers["Location"]


def test_requests_are_rewritten_redirected_and_refused(
    account: Account, balancer: str, subnets: list[str], target: int
) -> None:
    elb, group_arn, listener_arn = account("elbv2"), group(account, subnets), listener(account, balancer)
    elb.register_targets(TargetGroupArn=group_arn, Targets=[{"Id": "127.0.0.1", "Port": target}])
    rewrite = {"Regex": "^/shop/(.*)$", "Replace": "/$1"}
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    rules: dict[str, dict[str, Any]] = {
        "/shop/*": {
            "Actions": [{"Type": "forward", "TargetGroupArn": group_arn}],
            "Transforms": [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [rewrite]}}],
        },
        "/old": {"Actions": [{"Type": "redirect", "RedirectConfig": redirect}]},
    }
    for priority, (path, rule) in enumerate(rules.items(), 1):
        conditions = [{"Field": "path-pattern", "Values": [path]}]
        elb.create_rule(ListenerArn=listener_arn, Priority=priority, Conditions=conditions, **rule)
    host = elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"][0]["DNSName"]

    assert get(account, host, "/shop/cart?a=b")[:2] == (200, "/cart?a=b")
    assert get(account, host, "/old?a=b") == (301, "", f"https://{host}:443/old?a=b")
    assert get(account, host, "/other")[0] == 404


def test_the_port_of_the_host_header_names_the_listener(account: Account, balancer: str) -> None:
    def fixed(status: str) -> dict[str, Any]:
        return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status}}

    listener(account, balancer, fixed("201"))
    listener(account, balancer, fixed("202"), port=8443)
    host = account("elbv2").describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"][0]["DNSName"]
    statuses = {port: get(account, f"{host}{port}", "/")[0] for port in ("", ":80", ":8443", ":9999")}
    assert statuses == {"": 201, ":80": 201, ":8443": 202, ":9999": 201}


def test_a_load_balancer_has_an_interface_in_each_subnet(account: Account, balancer: str, subnets: list[str]) -> None:
    ec2 = account("ec2")
    account("elbv2").create_load_balancer(Name="other", Subnets=subnets)
    own = ec2.create_network_interface(SubnetId=subnets[0], Description="own")["NetworkInterface"]
    named = [{"Name": "description", "Values": [f"ELB {balancer.partition(':loadbalancer/')[2]}"]}]
    found = ec2.describe_network_interfaces(Filters=named)["NetworkInterfaces"]
    assert [each["SubnetId"] for each in found] == subnets
    assert [each["PrivateIpAddress"].rpartition(".")[0] for each in found] == ["10.0.0", "10.0.1"]
    assert {each["RequesterManaged"] for each in found} == {True}
    assert ec2.describe_network_interfaces(Filters=named)["NetworkInterfaces"] == found

    here = [{"Name": "subnet-id", "Values": subnets[:1]}]
    every = ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"]
    assert sorted(each["Description"].partition("/")[0] for each in every) == ["ELB app", "ELB app", "own"]
    ids = [own["NetworkInterfaceId"]]
    (same,) = ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"]
    assert same["Description"] == "own"
    with pytest.raises(ClientError, match="does not exist"):
        ec2.describe_network_interfaces(NetworkInterfaceIds=["eni-0nobody"])
    with pytest.raises(ClientError, match="does not know the filter 'tag-key'"):
        ec2.describe_network_interfaces(Filters=[{"Name": "tag-key", "Values": ["*"]}])
    account("elbv2").delete_load_balancer(LoadBalancerArn=balancer)
    assert ec2.describe_network_interfaces(Filters=named)["NetworkInterfaces"] == []
