"""W9107: a load balancer has room for 100 rules and 100 target groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tapgen.lint.balancers import listener_rules
from tapgen.lint.rule import TreeRule
from tapgen.lint.stacks import Stack, Where

QUOTA = 100


class BalancerSize(TreeRule):
    """A warning: the number of rules, though not that of target groups, is raised by AWS on request."""

    id = "W9107"
    shortdesc = "A load balancer has at most 100 rules and 100 target groups"
    description = "Beyond the quotas of an account, listener rules and target groups are refused"
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"
    tags = ["tapgen", "nested stacks", "elasticloadbalancing", "limits"]

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """Counted over all stacks, for each load balancer that has rules."""
        known = [rule for rule in listener_rules(root) if rule.balancer]
        rules = Counter(rule.balancer for rule in known)
        groups = Counter(
            balancer for balancer, _ in {(rule.balancer, group) for rule in known for group in rule.target_groups}
        )
        for balancer in rules:
            if max(rules[balancer], groups[balancer]) > QUOTA:
                counts = f"{rules[balancer]} rules and {groups[balancer]} target groups"
                yield root, ["Resources"], f"load balancer {balancer} has {counts}; the quota of each is {QUOTA}"
