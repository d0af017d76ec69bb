"""Task definitions and services in templates."""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.failures import HandlerError
from tapgen.localaws.cloudformation.halt import Halt
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.ecs.state import Service as EcsService
from tapgen.localaws.ecs.state import find_service
from tapgen.localaws.protocol import Fields, ServiceError, service
from tapgen.localaws.shapes import fit


async def _retag(arn: str, wanted: Wanted, before: Resource) -> None:
    tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in wanted.properties.get("Tags", [])]
    gone = {tag["Key"] for tag in before.properties.get("Tags", [])} - {tag["key"] for tag in tags}
    if gone:
        await call("ecs", "UntagResource", resourceArn=arn, tagKeys=sorted(gone))
    if tags:
        await call("ecs", "TagResource", resourceArn=arn, tags=tags)


@provides("AWS::ECS::TaskDefinition")
class TaskDefinition(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-taskdefinition.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Register a revision."""
        properties = {"Family": wanted.title()} | wanted.properties
        if proxy := properties.get("ProxyConfiguration"):
            named = {name.removeprefix("ProxyConfiguration"): value for name, value in proxy.items()}
            properties |= {"ProxyConfiguration": named}
        made = await call("ecs", "RegisterTaskDefinition", **fit("ecs", "RegisterTaskDefinition", properties))
        arn = made["taskDefinition"]["taskDefinitionArn"]
        return Made(arn, {"TaskDefinitionArn": arn})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Tag it otherwise: anything else is another revision."""
        await _retag(before.physical_id, wanted, before)
        return Made(before.physical_id, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Let nothing new be started of it."""
        await call("ecs", "DeregisterTaskDefinition", taskDefinition=resource.physical_id)


@provides("AWS::ECS::Service")
class Service(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a service, and wait until its tasks run."""
        properties = {"ServiceName": wanted.title()} | wanted.properties
        made = (await call("ecs", "CreateService", **fit("ecs", "CreateService", properties)))["service"]
        wanted.born(made["serviceArn"])
        await _steady(find_service(made["serviceArn"], made["clusterArn"]), wanted.halt)
        return Made(made["serviceArn"], {"ServiceArn": made["serviceArn"], "Name": made["serviceName"]})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it, and wait until its tasks run; the number of tasks stays, unless the template says one."""
        known = {name.lower() for name in service("ecs").operation_model("UpdateService").input_shape.members}
        own: Fields = {n: value for n, value in wanted.properties.items() if n.lower() in known and n != "Cluster"}
        cluster = wanted.properties.get("Cluster")
        await call(
            "ecs", "UpdateService", cluster=cluster, service=before.physical_id, **fit("ecs", "UpdateService", own)
        )
        await _retag(before.physical_id, wanted, before)
        await _steady(find_service(before.physical_id, cluster), wanted.halt)
        return Made(before.physical_id, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Stop its tasks, and it."""
        cluster = resource.properties.get("Cluster")
        try:
            await call("ecs", "DeleteService", cluster=cluster, service=resource.physical_id, force=True)
        except ServiceError as error:
            if error.code != "ServiceNotFoundException":
                raise


async def _steady(made: EcsService, halt: Halt) -> None:
    """Wait for the deployment under way; one that is given up fails the resource.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """
    deployment = made.primary
    await halt.until(lambda: deployment.rollout != "IN_PROGRESS" or made.status != "ACTIVE")
    if deployment.rollout == "FAILED":
        text = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
        raise HandlerError(text, "GeneralServiceException")
    await halt.until(lambda: len(made.primary.running) >= made.desired or made.status != "ACTIVE")
