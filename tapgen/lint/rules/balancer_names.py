"""E9120: a load balancer and a target group have a name that is allowed."""

from __future__ import annotations

import re
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

LONGEST = 32


class BalancerNames(CloudFormationLintRule):
    """A name composed by Sub is measured without what it fills in."""

    id = "E9120"
    shortdesc = "The name of a load balancer or target group has at most 32 characters"
    description = "Such a name has up to 32 letters, digits and hyphens, and neither begins nor ends with a hyphen"
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"
    tags = ["tapgen", "elasticloadbalancing"]

    def __init__(self) -> None:
        """Say which resources to look at."""
        super().__init__()
        self.resource_property_types = [
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "AWS::ElasticLoadBalancingV2::TargetGroup",
        ]

    def match_resource_properties(
        self, properties: Any, resourcetype: str, path: Any, cfn: Template
    ) -> list[RuleMatch]:
        """A text, or the text of a Sub."""
        match properties.get("Name"):
            case str(name):
                wrong = len(name) > LONGEST or not re.fullmatch(
                    r"(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?", name
                )
            case {"Fn::Sub": str(name) | [str(name), *_]}:
                wrong = len(re.sub(r"\$\{[^}]*\}", "", name)) > LONGEST
            case _:
                return []
        message = f"{name!r} has {len(name)} characters; {LONGEST} letters, digits and inner hyphens are allowed"
        return [RuleMatch([*path, "Name"], message)] if wrong else []
