"""Clusters and their capacity.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.shapes import fit


@provides("AWS::ECS::ClusterCapacityProviderAssociations")
class CapacityProviders(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-clustercapacityproviderassociations.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Say what a cluster may run on."""
        await call("ecs", "PutClusterCapacityProviders", **fit("ecs", "PutClusterCapacityProviders", wanted.properties))
        return Made(wanted.properties["Cluster"])

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Say it anew."""
        return await self.create(wanted)

    async def delete(self, resource: Resource) -> None:
        """Let it run on nothing."""
        await call("ecs", "PutClusterCapacityProviders", **_NOTHING, cluster=resource.physical_id)


_NOTHING: dict[str, list[str]] = {"capacityProviders": [], "defaultCapacityProviderStrategy": []}
