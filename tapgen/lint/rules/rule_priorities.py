"""E9106: a priority is used once on a listener."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.lint.balancers import ListenerRule, listener_rules
from tapgen.lint.literal import number
from tapgen.lint.rule import TreeRule
from tapgen.lint.stacks import Stack, Where


class RulePriorities(TreeRule):
    """Finds the listener of each rule across stacks."""

    id = "E9106"
    shortdesc = "No priority twice on one listener"
    description = "Of two listener rules with one priority the second is refused"
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"
    tags = ["tapgen", "nested stacks", "elasticloadbalancing"]

    def problems(self, root: Stack) -> Iterator[tuple[Stack, Where, str]]:
        """Each rule but the first with its priority; two in one nested template are that template's matter."""
        first: dict[tuple[str, int], ListenerRule] = {}
        for rule in listener_rules(root):
            priority = number(rule.properties.get("Priority"))
            if priority is None or rule.listener is None:
                continue
            owner = first.setdefault((rule.listener, priority), rule)
            if owner is not rule and (owner.stack is root or owner.stack is not rule.stack):
                taken = ".".join([*owner.stack.way, owner.resource])
                path = ["Resources", rule.resource, "Properties", "Priority"]
                yield rule.stack, path, f"priority {priority} on this listener is taken by {taken}"
