"""The web application firewall before the load balancer, a part of the ingress."""

from __future__ import annotations

from typing import Any

from troposphere import Template, wafv2
from troposphere import elasticloadbalancingv2 as elb

from tapgen.parts.context import why
from tapgen.parts.present import present

MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
"""Groups of rules that AWS keeps up to date, in the order in which they are asked.

Source: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
"""

COUNTED = {
    "AWSManagedRulesCommonRuleSet": [
        wafv2.RuleActionOverride(Name="SizeRestrictions_BODY", ActionToUse=wafv2.RuleAction(Count=wafv2.CountAction()))
    ]
}
"""Rules that only count: this one would refuse every upload of more than 8 KB."""

NO_OVERRIDE: dict[str, Any] = {"None": {}}
"""`None` is the name of the property, and a word of Python."""


def web_acl(template: Template, balancer: elb.LoadBalancer, rate_limit: int) -> None:
    """Put a firewall before *balancer*: AWS's managed rules, and *rate_limit* requests per address in five minutes."""
    acl = template.add_resource(
        wafv2.WebACL(
            "WebAcl",
            Metadata=why("Known attacks never reach a service. Large bodies are counted, not refused."),
            Scope="REGIONAL",
            DefaultAction=wafv2.DefaultAction(Allow=wafv2.AllowAction()),
            VisibilityConfig=_visible("WebAcl"),
            Rules=[
                wafv2.WebACLRule(
                    Name="RateLimit",
                    Priority=0,
                    Action=wafv2.RuleAction(Block=wafv2.BlockAction()),
                    Statement=wafv2.Statement(
                        RateBasedStatement=wafv2.RateBasedStatement(AggregateKeyType="IP", Limit=rate_limit)
                    ),
                    VisibilityConfig=_visible("RateLimit"),
                ),
                *(_managed(name, priority) for priority, name in enumerate(MANAGED, start=1)),
            ],
        )
    )
    template.add_resource(
        wafv2.WebACLAssociation("WebAclAssociation", ResourceArn=balancer.ref(), WebACLArn=acl.get_att("Arn"))
    )


def _managed(name: str, priority: int) -> wafv2.WebACLRule:
    return wafv2.WebACLRule(
        Name=name,
        Priority=priority,
        OverrideAction=wafv2.OverrideAction(**NO_OVERRIDE),
        Statement=wafv2.Statement(
            ManagedRuleGroupStatement=wafv2.ManagedRuleGroupStatement(
                VendorName="AWS", Name=name, **present(RuleActionOverrides=COUNTED.get(name))
            )
        ),
        VisibilityConfig=_visible(name),
    )


def _visible(metric: str) -> wafv2.VisibilityConfig:
    return wafv2.VisibilityConfig(CloudWatchMetricsEnabled=True, MetricName=metric, SampledRequestsEnabled=True)
