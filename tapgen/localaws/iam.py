"""Roles with their boundaries, and identity providers.

https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
"""

from __future__ import annotations

import json
from typing import Any

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.kept import forget, keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError
from tapgen.localaws.shapes import fit


@operation("iam", "GetRole")
async def get_role(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html."""
    found = await proceed(request)
    return {"Role": found["Role"] | kept(_key(request["RoleName"]))}


@operation("iam", "PutRolePermissionsBoundary")
async def put_role_permissions_boundary(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html."""
    await call("iam", "GetRole", RoleName=request["RoleName"])
    await _attachable(request["PermissionsBoundary"])
    _keep_boundary(request["RoleName"], request["PermissionsBoundary"])
    return {}


async def _attachable(policy: str) -> None:
    """Managed policies of the account must exist; those of AWS are taken to.

    Raises:
        ServiceError: there is no such policy.
    """
    if policy.split(":")[4] == "aws":
        return
    try:
        await call("iam", "GetPolicy", PolicyArn=policy)
    except ServiceError as error:
        text = f"Scope ARN: {policy} does not exist or is not attachable."
        raise ServiceError("NoSuchEntity", text, 404) from error


def _keep_boundary(role: str, policy: str) -> None:
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy}
    keep(_key(role), PermissionsBoundary=boundary)


def _key(role: str) -> str:
    return f"role:{role}"


@provides("AWS::IAM::Role")
class Role(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a role, within its boundary."""
        if policy := wanted.properties.get("PermissionsBoundary"):
            await _attachable(policy)
        made = await super().create(wanted)
        return await self._bounded(made, wanted)

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        if policy := wanted.properties.get("PermissionsBoundary"):
            await _attachable(policy)
        made = await super().update(wanted, before)
        return await self._bounded(made, wanted)

    async def _bounded(self, made: Made, wanted: Wanted) -> Made:
        forget(_key(made.physical_id))
        if policy := wanted.properties.get("PermissionsBoundary"):
            _keep_boundary(made.physical_id, policy)
        return made


@provides("AWS::IAM::RolePolicy")
class RolePolicy(Provider):
    """A policy of a role that is written beside it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html
    """

    async def create(self, wanted: Wanted) -> Made:
        """Put it into the role."""
        said = wanted.properties
        where = {"RoleName": said["RoleName"], "PolicyName": said["PolicyName"]}
        await call("iam", "PutRolePolicy", **where, PolicyDocument=json.dumps(said["PolicyDocument"]))
        return Made(f"{said['PolicyName']}|{said['RoleName']}")

    async def update(self, wanted: Wanted, _before: Resource) -> Made:
        """The same again."""
        return await self.create(wanted)

    async def delete(self, resource: Resource) -> None:
        """Take it out of the role."""
        policy, role = resource.physical_id.split("|")
        await call("iam", "DeleteRolePolicy", RoleName=role, PolicyName=policy)


@provides("AWS::IAM::OIDCProvider")
class OidcProvider(Provider):
    """One for each address and account.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-oidcprovider.html
    """

    async def create(self, wanted: Wanted) -> Made:
        """Trust an identity provider."""
        address = wanted.properties["Url"].removeprefix("https://")
        arn = f"arn:aws:iam::{engine.account()}:oidc-provider/{address}"
        there = (await call("iam", "ListOpenIDConnectProviders"))["OpenIDConnectProviderList"]
        if any(each["Arn"] == arn for each in there):
            raise ServiceError("EntityAlreadyExists", f"Provider with url https://{address} already exists.", 409)
        parameters = _parameters(wanted.properties)
        made = await call("iam", "CreateOpenIDConnectProvider", **parameters)
        return Made(made["OpenIDConnectProviderArn"], {"Arn": made["OpenIDConnectProviderArn"]})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Let others be its audience."""
        arn, old, new = before.physical_id, before.properties.get("ClientIdList", []), wanted.properties["ClientIdList"]
        for client in set(new) - set(old):
            await call("iam", "AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID=client)
        for client in set(old) - set(new):
            await call("iam", "RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID=client)
        return Made(arn, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Trust it no more."""
        await call("iam", "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=resource.physical_id)


def _parameters(properties: dict[str, Any]) -> Fields:
    return fit("iam", "CreateOpenIDConnectProvider", properties, ClientIdList="ClientIDList")
