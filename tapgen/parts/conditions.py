"""When a rule of the load balancer applies."""

from __future__ import annotations

from troposphere import elasticloadbalancingv2 as elb

from tapgen.config.match import Match


def conditions(match: Match) -> list[elb.Condition]:
    """The hosts, if any, and the path, unless it is everything on those hosts.

    A rule has at most five values, so beside the two patterns of a path there is room for three hosts.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
    """
    found = []
    if match.hosts:
        named = elb.HostHeaderConfig(Values=list(match.hosts))
        found.append(elb.Condition(Field="host-header", HostHeaderConfig=named))
    if match.patterns != ["/*"] or not match.hosts:
        below = elb.PathPatternConfig(Values=match.patterns)
        found.append(elb.Condition(Field="path-pattern", PathPatternConfig=below))
    return found
