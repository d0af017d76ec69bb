"""Task definitions and services in templates."""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.failures import HandlerError
from tapgen.localaws.cloudformation.halt import Halt
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.ecs.state import Deployment, find_service
from tapgen.localaws.ecs.state import Service as EcsService
from tapgen.localaws.ecs.strategies import bakes, strategy
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
        made = (await call("ecs", "CreateService", **_in_time(fit("ecs", "CreateService", properties))))["service"]
        wanted.born(made["serviceArn"])
        found = find_service(made["serviceArn"], made["clusterArn"])
        await _steady(found, found.history, wanted.halt)
        return Made(made["serviceArn"], {"ServiceArn": made["serviceArn"], "Name": made["serviceName"]})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Change it, and wait until its tasks run; the number of tasks stays, unless the template says one."""
        known = {name.lower() for name in service("ecs").operation_model("UpdateService").input_shape.members}
        own: Fields = {n: value for n, value in wanted.properties.items() if n.lower() in known and n != "Cluster"}
        cluster = wanted.properties.get("Cluster")
        found = find_service(before.physical_id, cluster)
        earlier = len(found.history)
        parameters = _in_time(fit("ecs", "UpdateService", own))
        await call("ecs", "UpdateService", cluster=cluster, service=before.physical_id, **parameters)
        await _retag(before.physical_id, wanted, before)
        await _steady(found, found.history[earlier:], wanted.halt)
        return Made(before.physical_id, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Stop its tasks, and it."""
        cluster = resource.properties.get("Cluster")
        try:
            await call("ecs", "DeleteService", cluster=cluster, service=resource.physical_id, force=True)
        except ServiceError as error:
            if error.code != "ServiceNotFoundException":
                raise


def _in_time(settings: Fields) -> Fields:
    """Settings whose deployments do not wait longer than CloudFormation would: it says no to more than 33 hours.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-canaryconfiguration.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-linearconfiguration.html
    """
    if strategy(settings) in ("CANARY", "LINEAR") and bakes(settings) > _LONGEST:
        raise HandlerError("The calculated deployment time exceeds 33 hours.", "InvalidRequest")
    return settings


async def _steady(made: EcsService, begun: list[Deployment], halt: Halt) -> None:
    """Wait for the deployment that was begun, or is under way; one that is given up fails the resource.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html, whose words are AWS's;
    for other deployments than rolling ones the reason of the deployment stands in for words that we do not know.
    """
    deployment = begun[-1] if begun else made.primary
    await halt.until(lambda: deployment.rollout != "IN_PROGRESS" or made.status != "ACTIVE")
    if deployment.rollout == "FAILED":
        by_breaker = strategy(deployment.settings) == "ROLLING" and not deployment.progress.asked
        why = _BREAKER if by_breaker else deployment.progress.reason
        raise HandlerError(f"Error occurred during operation '{why}'.", "GeneralServiceException")
    await halt.until(lambda: len(made.primary.running) >= made.desired or made.status != "ACTIVE")


_LONGEST = 33 * 60
_BREAKER = "ECS Deployment Circuit Breaker was triggered"
