"""Topics in templates.

https://docs.aws.amazon.com/sns/latest/api/welcome.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource


@provides("AWS::SNS::Topic")
class Topic(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a topic, encrypted with a key that there is."""
        made = await super().create(wanted)
        wanted.born(made.physical_id)
        return await self._encrypted(made, wanted)

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        return await self._encrypted(await super().update(wanted, before), wanted)

    async def _encrypted(self, made: Made, wanted: Wanted) -> Made:
        key = wanted.properties.get("KmsMasterKeyId", "")
        if key and not key.startswith("alias/aws/"):
            await call("kms", "DescribeKey", KeyId=key)
        attribute = {"AttributeName": "KmsMasterKeyId", "AttributeValue": key}
        await call("sns", "SetTopicAttributes", TopicArn=made.physical_id, **attribute)
        return made
