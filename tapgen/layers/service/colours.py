"""Two colours: the old version and the new one in target groups of their own, between which ECS moves the requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from awacs import elasticloadbalancing as elb_actions
from troposphere import Equals, If, Template, ecs, iam
from troposphere import elasticloadbalancingv2 as elb

from tapgen.config.listener import matches
from tapgen.config.service import Service
from tapgen.kinds import Text
from tapgen.layers.ingress import Ingress
from tapgen.layers.service.routing import GREEN, Route, matching, target_group
from tapgen.layers.workload.foundation import Foundation
from tapgen.parts.context import why
from tapgen.parts.policies import allow, document, trust_whatever_for
from tapgen.parts.present import present

_GREEN_IS_LIVE = "GreenIsLive"

_FIXED = (
    "While this text stays as it is, CloudFormation never writes the weights, which ECS moves with each deployment",
    "When it must change, a deployment before says which colour is live: make deploy does so",
)


@dataclass(frozen=True)
class Balanced:
    """How the load balancer finds the tasks of a service."""

    route: Route
    moved: ecs.AdvancedConfiguration | None = None
    """What lets ECS move requests between two colours; None where there is one group alone."""


def colours(template: Template, config: Service, live: Text, ingress: Ingress.Outputs, on: Foundation) -> Balanced:
    """Two target groups, and rules that know both: for clients where *live* leads, and one to ask a new version.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
    """
    template.add_condition(_GREEN_IS_LIVE, Equals(live, GREEN))
    titles = ("TargetGroup", "AlternateTargetGroup")
    groups = [template.add_resource(target_group(each, config, on.network.vpc_id, on.doors)) for each in titles]
    production = template.add_resource(
        _rule("ProductionRule", "Leads clients to the live colour.", config, ingress, groups)
    )
    test = None
    if ingress.test:
        test = _rule("TestRule", "Leads those who ask a new version to it, once it runs.", config, ingress, groups)
        test.ListenerArn = ingress.test.listener_arn
        template.add_resource(test)
    rules = [production, *([test] if test else [])]
    role = template.add_resource(
        on.roles.role(
            "InfrastructureRole",
            "ECS moves the requests with it. Without it a deployment can neither go on nor back.",
            trust_whatever_for("ecs.amazonaws.com"),
            _mover(ingress, rules, groups),
        )
    )
    moved = ecs.AdvancedConfiguration(
        **present(
            AlternateTargetGroupArn=groups[1].ref(),
            ProductionListenerRule=production.ref(),
            TestListenerRule=test.ref() if test else None,
            RoleArn=role.get_att("Arn"),
        )
    )
    return Balanced(Route(groups, rules, ingress.load_balancer_name), moved)


def _rule(
    title: str, text: str, config: Service, ingress: Ingress.Outputs, groups: Sequence[elb.TargetGroup]
) -> elb.ListenerRule:
    blue, green = groups
    weights = [(blue, If(_GREEN_IS_LIVE, 0, 100)), (green, If(_GREEN_IS_LIVE, 100, 0))]
    both = [elb.TargetGroupTuple(TargetGroupArn=group.ref(), Weight=weight) for group, weight in weights]
    (match,) = matches(config)
    return elb.ListenerRule(
        title,
        Metadata=why(text, *_FIXED, mutable="change-with-constraints"),
        ListenerArn=ingress.listener_arn,
        **matching(config, match, ingress.priorities),
        Actions=[elb.ListenerRuleAction(Type="forward", ForwardConfig=elb.ForwardConfig(TargetGroups=both))],
    )


def _mover(
    ingress: Ingress.Outputs, rules: Sequence[elb.ListenerRule], groups: Sequence[elb.TargetGroup]
) -> iam.Policy:
    """What ECS may do: move the weights of these rules, and put tasks into these groups.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
    """
    listeners = [ingress.listener_arn, *([ingress.test.listener_arn] if ingress.test else [])]
    look = [
        elb_actions.DescribeListeners,
        elb_actions.DescribeRules,
        elb_actions.DescribeTargetGroups,
        elb_actions.DescribeTargetHealth,
    ]
    register = [elb_actions.RegisterTargets, elb_actions.DeregisterTargets]
    return iam.Policy(
        PolicyName="move-requests",
        PolicyDocument=document(
            allow("Look", look, ["*"]),
            allow("MoveRequests", [elb_actions.ModifyRule], [rule.ref() for rule in rules]),
            allow("ChangeListeners", [elb_actions.ModifyListener], listeners),
            allow("PutTasksIn", register, [group.ref() for group in groups]),
        ),
    )
