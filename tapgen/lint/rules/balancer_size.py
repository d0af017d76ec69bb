"""W9107: a load balancer has room for 100 rules and 100 target groups."""

from __future__ import annotations

from collections import defaultdict

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.balancers import listener_rules
from tapgen.lint.stacks import tree

QUOTA = 100


class BalancerSize(CloudFormationLintRule):
    """A warning: the number of rules can be raised on request."""

    id = "W9107"
    shortdesc = "A load balancer has at most 100 rules and 100 target groups"
    description = "Beyond the quotas of an account, listener rules and target groups are refused"
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"
    tags = ["tapgen", "nested stacks", "elasticloadbalancing", "limits"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Counted over all stacks, for each load balancer that has rules."""
        rules, groups = defaultdict[object, int](int), defaultdict[object, set[object]](set)
        for rule in listener_rules(tree(cfn)):
            if rule.balancer is not None:
                rules[rule.balancer] += 1
                groups[rule.balancer].update(rule.target_groups)
        counts = {name: (rules[name], len(groups[name])) for name in rules}
        return [
            RuleMatch(
                ["Resources"],
                f"load balancer {name} has {of_rules} rules and {of_groups} target groups, of {QUOTA} each",
            )
            for name, (of_rules, of_groups) in counts.items()
            if max(of_rules, of_groups) > QUOTA
        ]
