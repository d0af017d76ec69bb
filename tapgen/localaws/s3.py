"""Buckets in templates.

https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.shapes import fit


@provides("AWS::S3::Bucket")
class Bucket(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a bucket, and what ministack does not make of it."""
        made = await super().create(wanted)
        wanted.born(made.physical_id)
        await self._complete(made.physical_id, wanted)
        return made

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        made = await super().update(wanted, before)
        await self._complete(made.physical_id, wanted)
        return made

    async def delete(self, resource: Resource) -> None:
        """Delete it, unless it holds objects, versions of them, or delete markers."""
        await call("s3", "DeleteBucket", Bucket=resource.physical_id)

    async def _complete(self, bucket: str, wanted: Wanted) -> None:
        await call("s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": wanted.tags()})
        if versioning := wanted.properties.get("VersioningConfiguration"):
            await call("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration=versioning)
        rules = wanted.properties.get("LifecycleConfiguration", {}).get("Rules", [])
        if not rules:
            return
        given = {"LifecycleConfiguration": {"Rules": [_lifecycle(rule) for rule in rules]}}
        await call("s3", "PutBucketLifecycleConfiguration", Bucket=bucket, **fit("s3", _PUT, given))


_PUT = "PutBucketLifecycleConfiguration"


def _lifecycle(rule: dict[str, object]) -> dict[str, object]:
    """A rule, said as the API says it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
    """
    own = {name: value for name, value in rule.items() if name not in _SAID_OTHERWISE}
    own["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if days := rule.get("ExpirationInDays"):
        own["Expiration"] = {"Days": days}
    if rule.get("ExpiredObjectDeleteMarker"):
        own["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if "Id" in rule:
        own["ID"] = rule["Id"]
    return own


_SAID_OTHERWISE = ("Prefix", "ExpirationInDays", "ExpiredObjectDeleteMarker", "Id")
