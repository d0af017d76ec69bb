"""Secrets in templates.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
"""

from __future__ import annotations

from dataclasses import replace

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource


@provides("AWS::SecretsManager::Secret")
class Secret(Provider):
    """Its `Ref` is its ARN.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
    """

    async def create(self, wanted: Wanted) -> Made:
        """Make a secret, generated where the template says so."""
        if key := wanted.properties.get("KmsKeyId"):
            await call("kms", "DescribeKey", KeyId=key)
        return await self._known(await super().create(wanted))

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        named = replace(before, physical_id=await self._name(before))
        return await self._known(await super().update(wanted, named))

    async def delete(self, resource: Resource) -> None:
        """Delete it."""
        await super().delete(replace(resource, physical_id=await self._name(resource)))

    async def _name(self, secret: Resource) -> str:
        return str((await call("secretsmanager", "DescribeSecret", SecretId=secret.physical_id))["Name"])

    async def _known(self, made: Made) -> Made:
        arn = (await call("secretsmanager", "DescribeSecret", SecretId=made.physical_id))["ARN"]
        return Made(arn, made.attributes | {"Id": arn})
