"""Load balancers: where they stand, whether they may be deleted, where they log.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.elbv2.traffic import announce
from tapgen.localaws.kept import keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.policies import lets_in
from tapgen.localaws.protocol import Fields, ServiceError

_LOGS = "access_logs.s3"


@operation("elbv2", "CreateLoadBalancer")
async def create_load_balancer(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html."""
    subnets = (await call("ec2", "DescribeSubnets", SubnetIds=request.get("Subnets", [])))["Subnets"]
    if len({each["AvailabilityZone"] for each in subnets}) < 2:
        text = "At least two subnets in two different Availability Zones must be specified"
        raise ServiceError("ValidationError", text)
    if len(request["Name"]) > 32:
        text = f"The load balancer name '{request['Name']}' cannot be longer than '32' characters"
        raise ServiceError("ValidationError", text)
    await call("ec2", "DescribeSecurityGroups", GroupIds=request.get("SecurityGroups", []))
    made = await proceed(request)
    balancer = made["LoadBalancers"][0]
    zones = [{"ZoneName": each["AvailabilityZone"], "SubnetId": each["SubnetId"]} for each in subnets]
    keep(balancer["LoadBalancerArn"], VpcId=subnets[0]["VpcId"], AvailabilityZones=zones)
    announce(balancer["DNSName"], balancer["LoadBalancerArn"])
    return {"LoadBalancers": [balancer | kept(balancer["LoadBalancerArn"])]}


@operation("elbv2", "DescribeLoadBalancers")
async def describe_load_balancers(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html."""
    found = await proceed(request)
    return found | {"LoadBalancers": [each | kept(each["LoadBalancerArn"]) for each in found["LoadBalancers"]]}


@operation("elbv2", "ModifyLoadBalancerAttributes")
async def modify_load_balancer_attributes(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyLoadBalancerAttributes.html."""
    given = {each["Key"]: each["Value"] for each in request["Attributes"]}
    if given.get(f"{_LOGS}.enabled") == "true":
        await _try_logging(
            request["LoadBalancerArn"], given.get(f"{_LOGS}.bucket", ""), given.get(f"{_LOGS}.prefix", "")
        )
    return await proceed(request)


async def _try_logging(balancer: str, bucket: str, prefix: str) -> None:
    """Write the test object, if the bucket lets it be written.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    account = engine.account()
    key = f"{prefix}/".lstrip("/") + f"AWSLogs/{account}/ELBAccessLogTestFile"
    try:
        policy = json.loads((await call("s3", "GetBucketPolicy", Bucket=bucket))["Policy"])
    except ServiceError:
        policy = {}
    service = "logdelivery.elasticloadbalancing.amazonaws.com"
    context = {"aws:SourceArn": balancer, "aws:SourceAccount": account, "aws:SecureTransport": "true"}
    if not lets_in(policy, service, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", context):
        text = f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
        raise ServiceError("InvalidConfigurationRequest", text)
    body = f"Enable AccessLog for ELB: {balancer.rsplit('/', 2)[1]} at {engine.now()}"
    await call("s3", "PutObject", Bucket=bucket, Key=key, Body=body.encode())


@operation("elbv2", "DeleteLoadBalancer")
async def delete_load_balancer(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html."""
    arn = request["LoadBalancerArn"]
    found = await call("elbv2", "DescribeLoadBalancerAttributes", LoadBalancerArn=arn)
    if {"Key": "deletion_protection.enabled", "Value": "true"} in found["Attributes"]:
        text = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise ServiceError("OperationNotPermitted", text)
    for listener in (await call("elbv2", "DescribeListeners", LoadBalancerArn=arn))["Listeners"]:
        await call("elbv2", "DeleteListener", ListenerArn=listener["ListenerArn"])
    return await proceed(request)
