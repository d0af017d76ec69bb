from __future__ import annotations

import pytest

pytestmark = pytest.mark.xdist_group("lint")

HEAD = """
Resources:
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  Listener: {Type: AWS::ElasticLoadBalancingV2::Listener, Properties: {LoadBalancerArn: !Ref Balancer}}
"""
RULE = """
  Rule%d:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties: {ListenerArn: !Ref Listener, Actions: [%s]}
"""


def messages(rules: list[str]) -> list[str]:
    from cfnlint.decode import decode_str
    from cfnlint.template import Template

    from tapgen.lint.rules.balancer_size import BalancerSize

    template, faults = decode_str(HEAD + "".join(rules))
    assert template
    assert not faults
    return [match.message for match in BalancerSize().match(Template("root.yaml", template))]


def test_counts_rules() -> None:
    rules = [RULE % (number, "") for number in range(101)]
    assert messages(rules[:100]) == []
    assert messages(rules) == ["load balancer Balancer has 101 rules and 0 target groups; the quota of each is 100"]


def test_counts_each_target_group_once() -> None:
    forward = "{ForwardConfig: {TargetGroups: [{TargetGroupArn: !Ref A%d}, {TargetGroupArn: !Ref B%d}]}}"
    same = [RULE % (number, forward % (number % 50, number % 50)) for number in range(60)]
    assert messages(same) == []
    other = [RULE % (number, forward % (number, number)) for number in range(51)]
    assert messages(other) == ["load balancer Balancer has 51 rules and 102 target groups; the quota of each is 100"]
