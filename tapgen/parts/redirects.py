"""Requests that are sent elsewhere, a part of the ingress."""

from __future__ import annotations

from troposphere import elasticloadbalancingv2 as elb

from tapgen.config.ingress import Redirect
from tapgen.config.listener import redirect_title
from tapgen.config.priority import priority
from tapgen.kinds import Text
from tapgen.parts.conditions import conditions
from tapgen.parts.context import why
from tapgen.parts.present import present


def redirection(redirect: Redirect, listener_arn: Text, among: range) -> elb.ListenerRule:
    """Answer with where to go instead; what is not named, the query included, stays as it was asked for.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
    """
    to = elb.RedirectConfig(
        **present(Host=redirect.to_host, Path=redirect.to_path, StatusCode=f"HTTP_{redirect.status}")
    )
    return elb.ListenerRule(
        redirect_title(redirect),
        Metadata=why("The priority follows from the path and the hosts alone: no other rule ever moves it."),
        ListenerArn=listener_arn,
        Priority=redirect.priority or priority(redirect.match, among),
        Conditions=conditions(redirect.match),
        Actions=[elb.ListenerRuleAction(Type="redirect", RedirectConfig=to)],
    )
