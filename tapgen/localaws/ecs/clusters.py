"""Clusters and their capacity.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.shapes import fit


@provides("AWS::ECS::Cluster")
class Cluster(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-cluster.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a cluster, and say which namespace its services are in."""
        return await self._named(await super().create(wanted), wanted)

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it."""
        return await self._named(await super().update(wanted, before), wanted)

    async def delete(self, resource: Resource) -> None:
        """Delete it, unless services are active."""
        await call("ecs", "DeleteCluster", cluster=resource.physical_id)

    async def _named(self, made: Made, wanted: Wanted) -> Made:
        if defaults := wanted.properties.get("ServiceConnectDefaults"):
            await call("ecs", "UpdateCluster", cluster=made.physical_id, serviceConnectDefaults=_namespace(defaults))
        return made


def _namespace(defaults: dict[str, str]) -> dict[str, str]:
    return {"namespace": defaults["Namespace"]}


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
