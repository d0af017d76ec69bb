"""Load balancers and what belongs to them in templates.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ElasticLoadBalancingV2.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.protocol import Fields, service
from tapgen.localaws.shapes import fit

_ELB = "elbv2"


def _fitting(operation: str, properties: Fields) -> Fields:
    """Those properties that an operation knows: an update does not say again what cannot change."""
    known = service(_ELB).operation_model(operation).input_shape.members
    return fit(_ELB, operation, {name: value for name, value in properties.items() if name in known})


async def _retag(arn: str, wanted: Wanted, before: Resource) -> None:
    tags = wanted.properties.get("Tags", [])
    gone = {tag["Key"] for tag in before.properties.get("Tags", [])} - {tag["Key"] for tag in tags}
    if gone:
        await call(_ELB, "RemoveTags", ResourceArns=[arn], TagKeys=sorted(gone))
    if tags:
        await call(_ELB, "AddTags", ResourceArns=[arn], Tags=tags)


@provides("AWS::ElasticLoadBalancingV2::LoadBalancer")
class LoadBalancer(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make it, then say what it is like."""
        properties = {"Name": wanted.title(32)} | wanted.properties
        attributes = properties.pop("LoadBalancerAttributes", [])
        made = await call(_ELB, "CreateLoadBalancer", **fit(_ELB, "CreateLoadBalancer", properties))
        balancer = made["LoadBalancers"][0]
        wanted.born(balancer["LoadBalancerArn"])
        await self._describe(balancer["LoadBalancerArn"], attributes)
        return _made(balancer)

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Say what it is like now."""
        arn, properties = before.physical_id, wanted.properties
        await self._describe(arn, properties.get("LoadBalancerAttributes", []))
        if properties.get("SecurityGroups") != before.properties.get("SecurityGroups"):
            await call(_ELB, "SetSecurityGroups", LoadBalancerArn=arn, SecurityGroups=properties["SecurityGroups"])
        if properties.get("Subnets") != before.properties.get("Subnets"):
            await call(_ELB, "SetSubnets", LoadBalancerArn=arn, Subnets=properties["Subnets"])
        await _retag(arn, wanted, before)
        return Made(arn, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Delete it, unless it is protected."""
        await call(_ELB, "DeleteLoadBalancer", LoadBalancerArn=resource.physical_id)

    async def _describe(self, arn: str, attributes: list[Fields]) -> None:
        given = [{"Key": each["Key"], "Value": str(each["Value"])} for each in attributes]
        if given:
            await call(_ELB, "ModifyLoadBalancerAttributes", LoadBalancerArn=arn, Attributes=given)


def _made(balancer: Fields) -> Made:
    arn = balancer["LoadBalancerArn"]
    attributes = {name: balancer[name] for name in ("LoadBalancerArn", "LoadBalancerName", "DNSName", "SecurityGroups")}
    full_name = arn.partition(":loadbalancer/")[2]
    return Made(arn, attributes | {"LoadBalancerFullName": full_name, "CanonicalHostedZoneID": "Z35SXDOTRQ7X7K"})


@provides("AWS::ElasticLoadBalancingV2::TargetGroup")
class TargetGroup(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make it, then say what it is like."""
        properties = {"Name": wanted.title(32)} | wanted.properties
        attributes = properties.pop("TargetGroupAttributes", [])
        made = await call(_ELB, "CreateTargetGroup", **fit(_ELB, "CreateTargetGroup", properties))
        arn, name = made["TargetGroups"][0]["TargetGroupArn"], made["TargetGroups"][0]["TargetGroupName"]
        wanted.born(arn)
        await self._describe(arn, attributes)
        full_name = arn.rpartition(":")[2]
        return Made(arn, {"TargetGroupArn": arn, "TargetGroupName": name, "TargetGroupFullName": full_name})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Say what it is like now."""
        arn = before.physical_id
        await call(_ELB, "ModifyTargetGroup", TargetGroupArn=arn, **_fitting("ModifyTargetGroup", wanted.properties))
        await self._describe(arn, wanted.properties.get("TargetGroupAttributes", []))
        await _retag(arn, wanted, before)
        return Made(arn, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Delete it, unless a rule needs it."""
        await call(_ELB, "DeleteTargetGroup", TargetGroupArn=resource.physical_id)

    async def _describe(self, arn: str, attributes: list[Fields]) -> None:
        given = [{"Key": each["Key"], "Value": str(each["Value"])} for each in attributes]
        if given:
            await call(_ELB, "ModifyTargetGroupAttributes", TargetGroupArn=arn, Attributes=given)


@provides("AWS::ElasticLoadBalancingV2::Listener")
class Listener(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listener.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Listen."""
        made = await call(_ELB, "CreateListener", **fit(_ELB, "CreateListener", wanted.properties))
        arn = made["Listeners"][0]["ListenerArn"]
        return Made(arn, {"ListenerArn": arn})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Listen otherwise."""
        arn = before.physical_id
        await call(_ELB, "ModifyListener", ListenerArn=arn, **_fitting("ModifyListener", wanted.properties))
        await _retag(arn, wanted, before)
        return Made(arn, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Listen no more."""
        await call(_ELB, "DeleteListener", ListenerArn=resource.physical_id)


@provides("AWS::ElasticLoadBalancingV2::ListenerRule")
class ListenerRule(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listenerrule.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Make a rule."""
        made = await call(_ELB, "CreateRule", **fit(_ELB, "CreateRule", wanted.properties))
        arn = made["Rules"][0]["RuleArn"]
        return Made(arn, {"RuleArn": arn, "IsDefault": False})

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Make it another, in one go but for its priority."""
        arn, properties = before.physical_id, wanted.properties
        reset = {} if properties.get("Transforms") else {"ResetTransforms": True}
        await call(_ELB, "ModifyRule", RuleArn=arn, **_fitting("ModifyRule", properties), **reset)
        if properties["Priority"] != before.properties["Priority"]:
            wanted_order = [{"RuleArn": arn, "Priority": int(properties["Priority"])}]
            await call(_ELB, "SetRulePriorities", RulePriorities=wanted_order)
        await _retag(arn, wanted, before)
        return Made(arn, before.attributes)

    async def delete(self, resource: Resource) -> None:
        """Take it away."""
        await call(_ELB, "DeleteRule", RuleArn=resource.physical_id)
