"""Scaling of ECS services.

https://docs.aws.amazon.com/autoscaling/application/APIReference/Welcome.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError
from tapgen.localaws.shapes import fit

_SERVICE = "application-autoscaling"


@operation(_SERVICE, "RegisterScalableTarget")
async def register_scalable_target(request: Fields, proceed: Proceed) -> Fields:
    """Bring the number of tasks into the range at once.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    """
    kind, cluster, name = [*request["ResourceId"].split("/"), "", ""][:3]
    found = []
    if kind == "service":
        found = (await call("ecs", "DescribeServices", cluster=cluster, services=[name]))["services"]
    if not found or found[0]["status"] != "ACTIVE":
        raise ServiceError("ValidationException", f"ECS service doesn't exist: {request['ResourceId']}")
    answer = await proceed(request)
    count = found[0]["desiredCount"]
    inside = min(max(count, request.get("MinCapacity", count)), request.get("MaxCapacity", count))
    if inside != count:
        await call("ecs", "UpdateService", cluster=cluster, service=name, desiredCount=inside)
    return answer


@provides("AWS::ApplicationAutoScaling::ScalableTarget")
class ScalableTarget(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalabletarget.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Say how far the service may scale, and when that changes."""
        own = {name: value for name, value in wanted.properties.items() if name not in ("Tags", "ScheduledActions")}
        tags = {tag["Key"]: tag["Value"] for tag in wanted.properties.get("Tags", [])}
        await call(_SERVICE, "RegisterScalableTarget", Tags=tags, **fit(_SERVICE, "RegisterScalableTarget", own))
        target = {name: own[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")}
        for action in wanted.properties.get("ScheduledActions", []):
            await call(_SERVICE, "PutScheduledAction", **target, **fit(_SERVICE, "PutScheduledAction", action))
        return Made("|".join(own[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")))

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Say it anew, and take back what is not said any more."""
        names = {action["ScheduledActionName"] for action in wanted.properties.get("ScheduledActions", [])}
        resource_id, dimension, namespace = before.physical_id.split("|")
        target = {"ResourceId": resource_id, "ScalableDimension": dimension, "ServiceNamespace": namespace}
        for action in before.properties.get("ScheduledActions", []):
            if action["ScheduledActionName"] not in names:
                gone = action["ScheduledActionName"]
                await call(_SERVICE, "DeleteScheduledAction", ScheduledActionName=gone, **target)
        return await self.create(wanted)

    async def delete(self, resource: Resource) -> None:
        """Let it scale no more."""
        resource_id, dimension, namespace = resource.physical_id.split("|")
        target = {"ResourceId": resource_id, "ScalableDimension": dimension, "ServiceNamespace": namespace}
        await call(_SERVICE, "DeregisterScalableTarget", **target)


@provides("AWS::ApplicationAutoScaling::ScalingPolicy")
class ScalingPolicy(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalingpolicy.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Say when it scales."""
        own = dict(wanted.properties)
        resource_id, dimension, namespace = own.pop("ScalingTargetId").split("|")
        target = {"ResourceId": resource_id, "ScalableDimension": dimension, "ServiceNamespace": namespace}
        made = await call(_SERVICE, "PutScalingPolicy", **target, **fit(_SERVICE, "PutScalingPolicy", own))
        return Made(made["PolicyARN"], {"Arn": made["PolicyARN"]} | target)

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Say it anew."""
        return await self.create(wanted)

    async def delete(self, resource: Resource) -> None:
        """Take it back."""
        target = {name: value for name, value in resource.attributes.items() if name != "Arn"}
        await call(_SERVICE, "DeleteScalingPolicy", PolicyName=resource.properties["PolicyName"], **target)
