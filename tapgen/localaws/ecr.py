"""Repositories in templates.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Provider, provides
from tapgen.localaws.cloudformation.stacks import Resource


@provides("AWS::ECR::Repository")
class Repository(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html."""

    async def delete(self, resource: Resource) -> None:
        """Delete it, unless it holds images and the template does not say that they may go."""
        force = str(resource.properties.get("EmptyOnDelete", False)).lower() == "true"
        await call("ecr", "DeleteRepository", repositoryName=resource.physical_id, force=force)
