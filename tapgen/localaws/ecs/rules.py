"""The listener rules that ECS moves traffic with, between the two target groups of a service.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html, which has most of the words
"""

from __future__ import annotations

from dataclasses import dataclass

from tapgen.localaws.calls import call
from tapgen.localaws.ecs.roles import assumable
from tapgen.localaws.ecs.strategies import strategy
from tapgen.localaws.protocol import Fields, ServiceError

_RULES = ("productionListenerRule", "testListenerRule")
NETWORK = "Service deployment rolled back because of invalid networking configuration"


class NetworkingError(Exception):
    """Traffic cannot be moved: the deployment that was to do so is given up, and this is why."""


@dataclass(frozen=True)
class Way:
    """The way of requests to a service: through rules to one of two target groups."""

    blue: str
    """The group that is live before a deployment."""

    green: str
    port: int
    production: str
    test: str | None
    role: str

    async def shift(self, rule: str, percent: float) -> None:
        """Send so much of a rule's requests to the green group, and the rest to the blue one.

        Weights are whole numbers up to 999: percents where those are whole, per mille otherwise.
        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html
        """
        whole = 100 if percent == int(percent) else 1000
        green = round(percent * whole / 100)
        weights = {self.blue: whole - green, self.green: green}
        action = (await _rule(rule))["Actions"][-1]
        kept = {name: value for name, value in action.items() if name not in ("TargetGroupArn", "ForwardConfig")}
        groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
        forward = action.get("ForwardConfig", {}) | {"TargetGroups": groups}
        await call("elbv2", "ModifyRule", RuleArn=rule, Actions=[kept | {"ForwardConfig": forward}])


async def check_balancers(settings: Fields) -> None:
    """What CreateService and UpdateService refuse at once.

    Raises:
        ServiceError: they do.
    """
    balancers = settings.get("loadBalancers", [])
    advanced = [each["advancedConfiguration"] for each in balancers if "advancedConfiguration" in each]
    if advanced and len(advanced) < len(balancers):
        raise _refusal("Either all or none of the provided loadBalancers must have advancedConfiguration defined")
    if strategy(settings) != "ROLLING" and len(advanced) < len(balancers):
        text = (
            "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy"
        )
        raise _refusal(text)
    groups = [group for each in balancers for group in _groups(each)]
    if twice := [group for group in groups if groups.count(group) > 1]:
        raise _refusal(f"Duplicate targetGroupArn found: {twice[0]}")
    for balancer in balancers:
        if "advancedConfiguration" in balancer:
            await _check_advanced(balancer)


async def _check_advanced(balancer: Fields) -> None:
    advanced = balancer["advancedConfiguration"]
    for name in ("alternateTargetGroupArn", "productionListenerRule", "roleArn"):
        if not advanced.get(name):
            raise _refusal(f"{name} is required in advancedConfiguration")
    for name in _RULES:
        if name in advanced and ":listener-rule/app/" not in advanced[name]:
            text = "has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB."
            raise _refusal(f"{name} {text} Got: {advanced[name]}")
    production, test = advanced["productionListenerRule"], advanced.get("testListenerRule")
    if production == test:
        raise _refusal(f"The following rules cannot be used as both production and test listener rules: {test}")
    await call("elbv2", "DescribeTargetGroups", TargetGroupArns=_groups(balancer))
    if not test and not set(_groups(balancer)) <= (await _weights(production)).keys():
        text = (
            "For Application LoadBalancer, testListenerRule is required when productionListenerRule is not associated "
            "with both targetGroup and alternateTargetGroup"
        )
        raise _refusal(text)


async def ways(settings: Fields, source: list[Fields]) -> list[Way]:
    """How requests come to a service, and which group is to be live next: the other than that of the *source*.

    Where there is no source, it is the one that serves nothing: after the first deployment the alternate group is live,
    as somebody has seen: https://github.com/go-to-k/cdk-real-drift/issues/1730.

    Raises:
        ServiceError: a rule is not there.
    """
    before = {target["targetGroupArn"] for target in source}
    found = []
    for balancer in settings.get("loadBalancers", []):
        advanced, (first, second) = balancer["advancedConfiguration"], _groups(balancer)
        production = advanced["productionListenerRule"]
        used = before or {group for group, weight in (await _weights(production)).items() if weight}
        blue, green = (second, first) if second in used and first not in used else (first, second)
        test, role = advanced.get("testListenerRule"), advanced["roleArn"]
        found.append(Way(blue, green, balancer["containerPort"], production, test, role))
    return found


async def check_way(way: Way) -> None:
    """What a deployment is given up for as soon as it begins.

    Raises:
        NetworkingError: it is.
    """
    if not await assumable(way.role):
        text = "ECS was unable to manage the ELB resources due to missing permissions on ECS Infrastructure Role"
        raise NetworkingError(f"{NETWORK}. {text} '{way.role}'.")
    weights = await _weights(way.production)
    reachable = weights | (await _weights(way.test) if way.test else {})
    for group in (way.blue, way.green):
        if group not in reachable:
            text = f"Target group {group} is not associated with either productionListenerRule or testListenerRule."
            raise NetworkingError(f"{NETWORK}: {text}")
    serving = [group for group, weight in weights.items() if weight]
    if len(serving) != 1:
        text = f"should have exactly one target group serving traffic but found {len(serving)} target groups"
        raise NetworkingError(f"{NETWORK}. productionListenerRule {way.production} {text} which are serving traffic")
    if serving[0] not in (way.blue, way.green):
        text = f"Production listener rule is forwarding traffic to unexpected target group {serving[0]}."
        raise NetworkingError(f"{NETWORK}. {text}")


async def _rule(arn: str) -> Fields:
    found = (await call("elbv2", "DescribeRules", RuleArns=[arn]))["Rules"]
    if not found:
        raise ServiceError("RuleNotFound", "One or more rules not found")
    rule: Fields = found[0]
    return rule


async def _weights(rule: str) -> dict[str, int]:
    """The target groups of a rule, each with its weight."""
    action = (await _rule(rule))["Actions"][-1]
    groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
    return {each["TargetGroupArn"]: each.get("Weight", 1) for each in groups}


def _groups(balancer: Fields) -> list[str]:
    alternate = balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
    return [balancer["targetGroupArn"], *([alternate] if alternate else [])]


def _refusal(text: str) -> ServiceError:
    return ServiceError("InvalidParameterException", text)
