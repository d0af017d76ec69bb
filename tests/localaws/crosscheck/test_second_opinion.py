"""Two emulators, written apart, agree on the example's networks, and on what is no network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tapgen.localaws.process import client_environment
from tests.localaws.account import CAPABILITIES, Account

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("moto")]


@pytest.fixture(scope="module")
def moto() -> Iterator[Account]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Path(__file__).with_name("second_opinion.py")
    command = [sys.executable, str(program), "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield Account({**os.environ, **client_environment(f"http://127.0.0.1:{port}")}, "123456789012")
        finally:
            process.terminate()


def _wait(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("moto does not start")


def made(account: Account, name: str, body: str, **parameters: str) -> dict[str, str]:
    """The outputs of a stack."""
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    account.cloudformation.create_stack(StackName=name, TemplateBody=body, Parameters=given, Capabilities=CAPABILITIES)
    stack = account.settled(name)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def key_for_logs(account: Account) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(account("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


def networks(account: Account, vpc: str) -> tuple[list[str], list[tuple[str, str]], int]:
    """What was made of a network: addresses, letters of zones (moto's are those of another Region), how many groups."""
    ec2, filters = account("ec2"), [{"Name": "vpc-id", "Values": [vpc]}]
    vpcs = [each["CidrBlock"] for each in ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]]
    subnets = ec2.describe_subnets(Filters=filters)["Subnets"]
    groups = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    return vpcs, sorted((each["CidrBlock"], each["AvailabilityZone"][-1]) for each in subnets), len(groups)


def test_both_make_the_same_networks(account: Account, moto: Account, repository: Path) -> None:
    folder = repository / "templates_out" / "prod"
    found = []
    for emulator in (account, moto):
        body, key = (folder / "network.yaml").read_text(), key_for_logs(emulator)
        vpc = made(emulator, "network", body, KeysLogsKeyArn=key)["VpcId"]
        made(emulator, "firewall", (folder / "firewall.yaml").read_text(), NetworkVpcId=vpc)
        found.append(networks(emulator, vpc))
    assert found[0] == found[1]
    assert len(found[0][1]) >= 6


def _resources(**more: Any) -> str:
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
    return json.dumps({"Resources": {"Vpc": vpc, **more}})


def _subnet(cidr: str, vpc: Any) -> dict[str, Any]:
    return {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": vpc, "CidrBlock": cidr}}


@pytest.mark.parametrize(
    "body",
    [
        _resources(A=_subnet("10.0.0.0/24", {"Ref": "Vpc"}), B=_subnet("10.0.0.0/25", {"Ref": "Vpc"})),
        _resources(A=_subnet("10.9.0.0/24", {"Ref": "Vpc"})),
        _resources(A=_subnet("10.0.0.0/24", "vpc-0nobody")),
        _resources(A={"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/99"}}),
    ],
    ids=["overlap", "outside", "unknown-vpc", "no-network"],
)
def test_both_refuse(account: Account, moto: Account, body: str) -> None:
    for emulator in (account, moto):
        try:
            emulator.cloudformation.create_stack(StackName="refused", TemplateBody=body)
        except ClientError:
            continue
        assert emulator.settled("refused")["StackStatus"] != "CREATE_COMPLETE"
