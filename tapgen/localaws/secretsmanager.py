"""Secrets in templates.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
"""

from __future__ import annotations

import json
from dataclasses import replace

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.protocol import Fields
from tapgen.localaws.shapes import fit


@provides("AWS::SecretsManager::Secret")
class Secret(Provider):
    """Its `Ref` is its ARN.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
    """

    async def create(self, wanted: Wanted) -> Made:
        """Make a secret, generated where the template says so."""
        if key := wanted.properties.get("KmsKeyId"):
            await call("kms", "DescribeKey", KeyId=key)
        return await self._known(
            await super().create(replace(wanted, properties=await _spelled_out(wanted.properties)))
        )

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        named = replace(before, physical_id=await self._name(before))
        if wanted.properties.get("GenerateSecretString") != before.properties.get("GenerateSecretString"):
            wanted = replace(wanted, properties=await _spelled_out(wanted.properties))
        return await self._known(await super().update(wanted, named))

    async def delete(self, resource: Resource) -> None:
        """Delete it."""
        await super().delete(replace(resource, physical_id=await self._name(resource)))

    async def _name(self, secret: Resource) -> str:
        return str((await call("secretsmanager", "DescribeSecret", SecretId=secret.physical_id))["Name"])

    async def _known(self, made: Made) -> Made:
        arn = (await call("secretsmanager", "DescribeSecret", SecretId=made.physical_id))["ARN"]
        return Made(arn, made.attributes | {"Id": arn})


async def _spelled_out(properties: Fields) -> Fields:
    """The properties, the secret generated as they say.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html
    """
    wanted = dict(properties.get("GenerateSecretString") or {})
    if not wanted:
        return properties
    template, key = wanted.pop("SecretStringTemplate", None), wanted.pop("GenerateStringKey", None)
    made = await call("secretsmanager", "GetRandomPassword", **fit("secretsmanager", "GetRandomPassword", wanted))
    text = (
        made["RandomPassword"] if template is None else json.dumps(json.loads(template) | {key: made["RandomPassword"]})
    )
    others = {name: value for name, value in properties.items() if name != "GenerateSecretString"}
    return others | {"SecretString": text}
