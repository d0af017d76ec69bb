"""How requests reach a service: its target group, and the rules that send its paths there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import AWSHelperFn, Template
from troposphere import elasticloadbalancingv2 as elb

from tapgen.config.listener import matches, rule_priority
from tapgen.config.match import Match
from tapgen.config.mesh import Doors
from tapgen.config.service import Service
from tapgen.kinds import Text, VpcId
from tapgen.layers.ingress import Ingress
from tapgen.parts.conditions import conditions
from tapgen.parts.context import why
from tapgen.parts.present import present
from tapgen.stack import logical_id

BLUE, GREEN = "blue", "green"
"""The target groups of a service with two, in this order; either may have the requests."""


@dataclass(frozen=True)
class Route:
    """What leads to the tasks of a service."""

    groups: Sequence[elb.TargetGroup]
    """Where the load balancer finds them: one group, or one for each colour."""
    rules: Sequence[elb.ListenerRule]
    load_balancer_name: Text
    """As CloudWatch knows it."""

    @property
    def targets(self) -> list[dict[str, AWSHelperFn]]:
        """The dimensions of the metrics of each group."""
        return [
            {"LoadBalancer": self.load_balancer_name, "TargetGroup": group.get_att("TargetGroupFullName")}
            for group in self.groups
        ]


def route(template: Template, config: Service, vpc_id: VpcId, ingress: Ingress.Outputs, doors: Doors) -> Route:
    """Send each of the service's paths, and all below it, to its tasks.

    One rule for each path, so that another path never touches it: four patterns of two paths would leave one host.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
    """
    group = template.add_resource(target_group("TargetGroup", config, vpc_id, doors))
    forward = elb.ForwardConfig(TargetGroups=[elb.TargetGroupTuple(TargetGroupArn=group.ref(), Weight=1)])
    reasons = (
        "The priority follows from the path and the hosts alone: no other service ever moves it.",
        "A path that moves to another service needs a deployment without it in between, or a `priority`.",
    )
    rules = [
        template.add_resource(
            elb.ListenerRule(
                f"ListenerRule{logical_id(match.path)}",
                Metadata=why(*reasons),
                ListenerArn=ingress.listener_arn,
                **matching(config, match, ingress.priorities),
                Actions=[elb.ListenerRuleAction(Type="forward", ForwardConfig=forward)],
            )
        )
        for match in matches(config)
    ]
    return Route([group], rules, ingress.load_balancer_name)


def target_group(title: str, config: Service, vpc_id: VpcId, doors: Doors) -> elb.TargetGroup:
    """The tasks, and how the load balancer finds out which of them work.

    Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html ,
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
    """
    check, asked = config.health.target, doors.balanced(config).get("health")
    spoken = "HTTPS" if doors.encrypted(config) else "HTTP"
    asked_in = "HTTPS" if doors.encrypted(config, "health" if asked else "") else "HTTP"
    return elb.TargetGroup(
        title,
        **present(
            Metadata=why("Without a name: a change that replaces it would collide with itself."),
            VpcId=vpc_id,
            TargetType="ip",
            Protocol=spoken,
            ProtocolVersion={"http2": "HTTP2", "grpc": "GRPC"}.get(config.protocol),
            # ECS registers each task with its own port. This one is never used; changing it would replace the group.
            Port=80,
            # Health is asked for in HTTP unless this says otherwise, whatever the group speaks.
            HealthCheckProtocol=asked_in if "HTTPS" in {spoken, asked_in} else None,
            HealthCheckPort=str(asked) if asked else None,
            HealthCheckPath=config.health_path,
            HealthCheckIntervalSeconds=check.interval,
            HealthCheckTimeoutSeconds=check.timeout,
            HealthyThresholdCount=check.healthy,
            UnhealthyThresholdCount=check.unhealthy,
            Matcher=_healthy(config),
            TargetGroupAttributes=_attributes(config),
        ),
    )


def _healthy(config: Service) -> elb.Matcher:
    """Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html."""
    codes = config.health.target.status
    return elb.Matcher(GrpcCode=codes or "0") if config.protocol == "grpc" else elb.Matcher(HttpCode=codes or "200")


def _attributes(config: Service) -> list[elb.TargetGroupAttribute]:
    """What is off is said to be: an attribute that is no longer named stays as it was.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    said = {
        "deregistration_delay.timeout_seconds": str(config.drain),
        "slow_start.duration_seconds": str(config.slow_start or 0),
        "stickiness.enabled": "true" if config.sticky else "false",
    }
    if config.sticky:
        said |= {"stickiness.type": "lb_cookie", "stickiness.lb_cookie.duration_seconds": str(config.sticky)}
    return [elb.TargetGroupAttribute(Key=key, Value=value) for key, value in said.items()]


def matching(config: Service, match: Match, among: range) -> dict[str, Any]:
    """Which requests a rule is for, when it is tried, and how the path arrives."""
    strip = [_strip(match.path)] if config.strip_prefix and match.path != "/" else None
    return present(Priority=rule_priority(config, match, among), Conditions=conditions(match), Transforms=strip)


def _strip(path: str) -> elb.Transform:
    """`/x` and `/x/` arrive as `/`, `/x/y` as `/y`.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
    """
    rewrite = elb.RewriteConfig(Regex=f"^{re.escape(path)}/?(.*)$", Replace="/$1")
    return elb.Transform(Type="url-rewrite", UrlRewriteConfig=elb.RewriteConfigObject(Rewrites=[rewrite]))
