"""Listeners, rules and target groups: what ministack forgets of them, and what it does not refuse.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from collections import defaultdict

from tapgen.localaws.calls import call
from tapgen.localaws.elbv2.traffic import announce
from tapgen.localaws.kept import keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError


def _spelled_out(actions: list[Fields]) -> list[Fields]:
    """Actions as they are described: a group and its weight are both said, whichever was given."""
    shown = []
    for action in actions:
        groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
        if "TargetGroupArn" in action and not groups:
            groups = [{"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}]
        if groups:
            sticky = {"TargetGroupStickinessConfig": {"Enabled": False}} | action.get("ForwardConfig", {})
            only = {"TargetGroupArn": groups[0]["TargetGroupArn"]} if len(groups) == 1 else {}
            shown.append(action | only | {"ForwardConfig": sticky | {"TargetGroups": groups}})
        else:
            shown.append(dict(action))
    return shown


def _understood(actions: list[Fields]) -> list[Fields]:
    """Actions as ministack takes them: one group."""
    first = ((each, each.get("ForwardConfig", {}).get("TargetGroups", [])) for each in actions)
    return [each | ({"TargetGroupArn": groups[0]["TargetGroupArn"]} if groups else {}) for each, groups in first]


def _groups(actions: list[Fields]) -> set[str]:
    forwards = (each.get("ForwardConfig", {}) for each in _spelled_out(actions))
    return {group["TargetGroupArn"] for each in forwards for group in each.get("TargetGroups", [])}


async def _refuse_unknown_groups(actions: list[Fields]) -> None:
    for arn in _groups(actions):
        await call("elbv2", "DescribeTargetGroups", TargetGroupArns=[arn])


@operation("elbv2", "CreateListener", "ModifyListener")
async def put_listener(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html."""
    if "LoadBalancerArn" in request:
        there = await call("elbv2", "DescribeListeners", LoadBalancerArn=request["LoadBalancerArn"])
        if any(each["Port"] == request.get("Port") for each in there["Listeners"]):
            text = "A listener already exists on this port for this load balancer"
            raise ServiceError("DuplicateListener", text)
    if request.get("Protocol") == "HTTPS" and not request.get("Certificates"):
        raise ServiceError("ValidationError", "A certificate must be specified for HTTPS listeners")
    actions = request.get("DefaultActions")
    if not actions:
        return await proceed(request)
    await _refuse_unknown_groups(actions)
    made = await proceed(request | {"DefaultActions": _understood(actions)})
    keep(made["Listeners"][0]["ListenerArn"], DefaultActions=_spelled_out(actions))
    return {"Listeners": [each | kept(each["ListenerArn"]) for each in made["Listeners"]]}


@operation("elbv2", "DescribeListeners")
async def describe_listeners(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html."""
    found = await proceed(request)
    return found | {"Listeners": [each | kept(each["ListenerArn"]) for each in found["Listeners"]]}


@operation("elbv2", "CreateRule")
async def create_rule(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html."""
    listener, priority = request["ListenerArn"], str(request["Priority"])
    there = await call("elbv2", "DescribeRules", ListenerArn=listener)
    if any(each["Priority"] == priority for each in there["Rules"]):
        raise ServiceError("PriorityInUse", f"Priority '{priority}' is currently in use")
    await _refuse_unknown_groups(request["Actions"])
    made = await proceed(request | {"Actions": _understood(request["Actions"])})
    balancer = listener.replace(":listener/", ":loadbalancer/").rpartition("/")[0]
    for condition in request["Conditions"]:
        for host in condition.get("HostHeaderConfig", {}).get("Values", []):
            announce(host, balancer)
    return _kept_rules(made, request)


@operation("elbv2", "ModifyRule")
async def modify_rule(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyRule.html."""
    if "Actions" not in request:
        return _kept_rules(await proceed(request), request)
    await _refuse_unknown_groups(request["Actions"])
    return _kept_rules(await proceed(request | {"Actions": _understood(request["Actions"])}), request)


def _kept_rules(made: Fields, request: Fields) -> Fields:
    rule = made["Rules"][0]
    actions = _spelled_out(request["Actions"]) if "Actions" in request else None
    keep(rule["RuleArn"], Actions=actions, Conditions=request.get("Conditions"))
    return {"Rules": [rule | kept(rule["RuleArn"])]}


@operation("elbv2", "DescribeRules")
async def describe_rules(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeRules.html."""
    found = await proceed(request)
    for rule in found["Rules"]:
        listener = rule["RuleArn"].replace(":listener-rule/", ":listener/").rpartition("/")[0]
        default = {"Actions": kept(listener).get("DefaultActions", rule["Actions"])} if rule["IsDefault"] else {}
        rule |= default | kept(rule["RuleArn"])  # noqa: PLW2901 (in place)
    return found


@operation("elbv2", "SetRulePriorities")
async def set_rule_priorities(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html."""
    wanted = {each["RuleArn"]: str(each["Priority"]) for each in request["RulePriorities"]}
    for arn, priority in wanted.items():
        listener = arn.replace(":listener-rule/", ":listener/").rpartition("/")[0]
        there = await call("elbv2", "DescribeRules", ListenerArn=listener)
        if any(each["Priority"] == priority and each["RuleArn"] not in wanted for each in there["Rules"]):
            raise ServiceError("PriorityInUse", f"Priority '{priority}' is currently in use")
    return await proceed(request)


async def balancers_of_groups() -> dict[str, set[str]]:
    """The load balancers that send requests to each target group."""
    using = defaultdict[str, set[str]](set)
    for rule in (await call("elbv2", "DescribeRules"))["Rules"]:
        balancer = rule["RuleArn"].replace(":listener-rule/", ":loadbalancer/").rsplit("/", 2)[0]
        for group in _groups(rule["Actions"]):
            using[group].add(balancer)
    return using


@operation("elbv2", "CreateTargetGroup")
async def create_target_group(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html."""
    if "VpcId" in request:
        await call("ec2", "DescribeVpcs", VpcIds=[request["VpcId"]])
    if request.get("HealthCheckTimeoutSeconds", 5) >= request.get("HealthCheckIntervalSeconds", 30):
        text = "Health check timeout must be smaller than the interval"
        raise ServiceError("ValidationError", text)
    return await proceed(request)


@operation("elbv2", "DescribeTargetGroups")
async def describe_target_groups(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html."""
    balancer = request.get("LoadBalancerArn")
    found = await proceed({name: value for name, value in request.items() if name != "LoadBalancerArn"})
    using = await balancers_of_groups()
    shown = [each | {"LoadBalancerArns": sorted(using[each["TargetGroupArn"]])} for each in found["TargetGroups"]]
    return {"TargetGroups": [each for each in shown if not balancer or balancer in each["LoadBalancerArns"]]}


@operation("elbv2", "DeleteTargetGroup")
async def delete_target_group(request: Fields, proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteTargetGroup.html."""
    arn = request["TargetGroupArn"]
    if (await balancers_of_groups())[arn]:
        raise ServiceError("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
    return await proceed(request)
