"""Services that encrypt between each other: who signs must be able to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.account import Account
from tests.localaws.acmpca.pki import Authority
from tests.localaws.ecs.test_services import described, platform

TAG = {"Key": "AmazonECSManaged", "Value": "true"}


def role(account: Account, service: str = "ecs.amazonaws.com") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trusted = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = account("iam").create_role(RoleName=f"mesh-{service}", AssumeRolePolicyDocument=trusted)
    return str(made["Role"]["Arn"])


def tls(authority: str, role: str) -> dict[str, Any]:
    return {"IssuerCertificateAuthority": {"AwsPcaAuthorityArn": authority}, "RoleArn": role}


def meshed(tls: dict[str, Any]) -> dict[str, Any]:
    """A service in a namespace, with TLS."""
    template = platform()
    resources = template["Resources"]
    (container,) = resources["Task"]["Properties"]["ContainerDefinitions"]
    container["PortMappings"][0]["Name"] = "app"
    resources["Namespace"] = {"Type": "AWS::ServiceDiscovery::HttpNamespace", "Properties": {"Name": "shop"}}
    resources["Service"]["Properties"]["ServiceConnectConfiguration"] = {
        "Enabled": True,
        "Namespace": {"Fn::GetAtt": ["Namespace", "Arn"]},
        "Services": [{"PortName": "app", "ClientAliases": [{"Port": 8080}], "Tls": tls}],
    }
    return template


def reasons(account: Account) -> list[str]:
    """Why the service was not made; the stack is gone afterwards."""
    found = [reason for name, status, reason in account.events("s") if (name, status) == ("Service", "CREATE_FAILED")]
    account.delete("s")
    return found


def test_what_signs_is_kept(account: Account) -> None:
    authority, managing = Authority(account, Tags=[TAG]).activate(), role(account)
    assert account.create("s", meshed(tls(authority.arn, managing)))["StackStatus"] == "CREATE_COMPLETE"
    (service,) = described(account)["deployments"][0]["serviceConnectConfiguration"]["services"]
    assert service["tls"] == {"issuerCertificateAuthority": {"awsPcaAuthorityArn": authority.arn}, "roleArn": managing}

    running = described(account)
    mesh = running["deployments"][0]["serviceConnectConfiguration"]
    mesh["services"][0]["tls"]["roleArn"] = f"{managing}-gone"
    with pytest.raises(ClientError, match="-gone of Service Connect TLS does not exist"):
        account("ecs").update_service(
            cluster=running["clusterArn"], service=running["serviceArn"], serviceConnectConfiguration=mesh
        )


def test_authorities_that_cannot_sign(account: Account) -> None:
    managing, plain, pending = role(account), Authority(account).activate(), Authority(account, Tags=[TAG])
    for arn, text in (
        (f"{plain.arn[:-1]}x", "does not exist"),
        (pending.arn, "is not ACTIVE"),
        (plain.arn, "does not have the tag AmazonECSManaged"),
    ):
        account.create("s", meshed(tls(arn, managing)))
        (reason,) = reasons(account)
        assert text in reason


def test_roles_that_ecs_cannot_have(account: Account) -> None:
    authority = Authority(account, Tags=[TAG]).activate()
    stranger = role(account, "lambda.amazonaws.com")
    for arn, text in ((f"{stranger}-gone", "does not exist"), (stranger, "Amazon ECS may not assume the role")):
        account.create("s", meshed(tls(authority.arn, arn)))
        (reason,) = reasons(account)
        assert text in reason
