"""How requests reach a service: its target group, and the rule that sends its path there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from troposphere import Template
from troposphere import elasticloadbalancingv2 as elb

from tapgen.config.priority import rule_priority
from tapgen.config.service import Service
from tapgen.kinds import Text, VpcId
from tapgen.layers.ingress import Ingress
from tapgen.parts.context import why


@dataclass(frozen=True)
class Route:
    """What leads to the tasks of a service."""

    target_group: elb.TargetGroup
    rule: elb.ListenerRule
    load_balancer_name: Text
    """As CloudWatch knows it."""


def route(template: Template, config: Service, vpc_id: VpcId, ingress: Ingress.Outputs) -> Route:
    """Send the service's path, and all below it, to its tasks."""
    group = template.add_resource(_target_group(config, vpc_id))
    return Route(group, template.add_resource(_rule(config, group, ingress.listener_arn)), ingress.load_balancer_name)


def _target_group(config: Service, vpc_id: VpcId) -> elb.TargetGroup:
    """The tasks, and how the load balancer finds out which of them work.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    check = config.health.target
    return elb.TargetGroup(
        "TargetGroup",
        Metadata=why("Without a name: a change that replaces it would collide with itself."),
        VpcId=vpc_id,
        TargetType="ip",
        Protocol="HTTP",
        # ECS registers each task with its own port; this one is never used, and changing it would replace the group.
        Port=80,
        HealthCheckPath=config.health.path,
        HealthCheckIntervalSeconds=check.interval,
        HealthCheckTimeoutSeconds=check.timeout,
        HealthyThresholdCount=check.healthy,
        UnhealthyThresholdCount=check.unhealthy,
        Matcher=elb.Matcher(HttpCode="200"),
        TargetGroupAttributes=[
            elb.TargetGroupAttribute(Key="deregistration_delay.timeout_seconds", Value=str(config.drain))
        ],
    )


def _rule(config: Service, group: elb.TargetGroup, listener_arn: Text) -> elb.ListenerRule:
    path = (config.path or "").rstrip("/")
    rule = elb.ListenerRule(
        "ListenerRule",
        Metadata=why(
            "The priority follows from the path alone: no other service ever moves it.",
            "A path that moves to another service needs a deployment without it in between, or a `priority`.",
        ),
        ListenerArn=listener_arn,
        Priority=rule_priority(config),
        Conditions=[
            elb.Condition(
                Field="path-pattern",
                # The second pattern alone does not match the path without its slash.
                PathPatternConfig=elb.PathPatternConfig(Values=[path, f"{path}/*"] if path else ["/*"]),
            )
        ],
        Actions=[
            elb.ListenerRuleAction(
                Type="forward",
                ForwardConfig=elb.ForwardConfig(
                    TargetGroups=[elb.TargetGroupTuple(TargetGroupArn=group.ref(), Weight=1)]
                ),
            )
        ],
    )
    if config.strip_prefix and path:
        rule.Transforms = [_strip(path)]
    return rule


def _strip(path: str) -> elb.Transform:
    """`/x` and `/x/` arrive as `/`, `/x/y` as `/y`.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
    """
    rewrite = elb.RewriteConfig(Regex=f"^{re.escape(path)}/?(.*)$", Replace="/$1")
    return elb.Transform(Type="url-rewrite", UrlRewriteConfig=elb.RewriteConfigObject(Rewrites=[rewrite]))
