"""E9106: a priority is used once on a listener."""

from __future__ import annotations

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from tapgen.lint.balancers import ListenerRule, listener_rules
from tapgen.lint.literal import number
from tapgen.lint.stacks import found, tree


class RulePriorities(CloudFormationLintRule):
    """Finds the listener of each rule across stacks."""

    id = "E9106"
    shortdesc = "No priority twice on one listener"
    description = "Two listener rules with one priority are refused when the second is made"
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"
    tags = ["tapgen", "nested stacks", "elasticloadbalancing"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Each rule but the first with its priority."""
        matches, first = [], dict[tuple[str, int], ListenerRule]()
        for rule in listener_rules(tree(cfn)):
            priority = number(rule.properties.get("Priority"))
            if priority is None or rule.listener is None:
                continue
            owner = first.setdefault((rule.listener, priority), rule)
            # Two in one nested template are found there.
            if owner is not rule and not (owner.stack is rule.stack and rule.stack.parent):
                path = ["Resources", rule.resource, "Properties", "Priority"]
                taken = ".".join([*owner.stack.way, owner.resource])
                matches.append(
                    found(cfn, rule.stack, path, f"priority {priority} on this listener is taken by {taken}")
                )
        return matches
