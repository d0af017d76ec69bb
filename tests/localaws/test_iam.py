"""Roles are bounded by policies that exist, or not made."""

from __future__ import annotations

import json
from typing import Any

from .account import Account

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": ["sts:AssumeRole"]}
    ],
}


def bounded(policy: str | None) -> dict[str, object]:
    properties = {"AssumeRolePolicyDocument": TRUST} | ({"PermissionsBoundary": policy} if policy else {})
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


def test_a_boundary_that_is_not_there_is_refused_when_a_role_is_made_and_when_it_changes(account: Account) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html"""
    nowhere = f"arn:aws:iam::{account.number}:policy/nowhere"
    assert account.create("new", bounded(nowhere))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert account.create("old", bounded(None))["StackStatus"] == "CREATE_COMPLETE"
    assert account.update("old", bounded(nowhere))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_boundary_is_kept(account: Account) -> None:
    anything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    policy = account("iam").create_policy(PolicyName="edge", PolicyDocument=json.dumps(anything))["Policy"]["Arn"]
    assert account.create("roles", bounded(policy))["StackStatus"] == "CREATE_COMPLETE"
    (role,) = account("iam").list_roles()["Roles"]
    boundary = account("iam").get_role(RoleName=role["RoleName"])["Role"]["PermissionsBoundary"]
    assert boundary == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy}


def test_a_policy_beside_its_role(account: Account) -> None:
    def template(action: str, name: str = "call") -> dict[str, Any]:
        said = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        policy = {"RoleName": {"Ref": "Role"}, "PolicyName": name, "PolicyDocument": said}
        role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
        return {"Resources": {"Role": role, "Policy": {"Type": "AWS::IAM::RolePolicy", "Properties": policy}}}

    iam = account("iam")

    def policies() -> dict[str, str]:
        role = account.physical_id("s", "Role")
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        found = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
        return {name: each["Statement"][0]["Action"] for name, each in found.items()}

    assert account.create("s", template("sns:Publish"))["StackStatus"] == "CREATE_COMPLETE"
    assert policies() == {"call": "sns:Publish"}
    assert account.update("s", template("sns:Subscribe"))["StackStatus"] == "UPDATE_COMPLETE"
    assert policies() == {"call": "sns:Subscribe"}
    assert account.update("s", template("sns:Subscribe", "ask"))["StackStatus"] == "UPDATE_COMPLETE"
    assert policies() == {"ask": "sns:Subscribe"}
    assert account.delete("s")["StackStatus"] == "DELETE_COMPLETE"
