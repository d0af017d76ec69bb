"""E9120: a load balancer and a target group have a name that is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where

LONGEST = 32
ALLOWED = re.compile(r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")


class BalancerNames(ResourceRule):
    """A name composed by Sub is measured without what is filled in."""

    id = "E9120"
    shortdesc = "The name of a load balancer or target group has at most 32 characters"
    description = "Such a name has up to 32 letters, digits and hyphens, and neither begins nor ends with a hyphen"
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"
    tags = ["tapgen", "elasticloadbalancing"]
    types = ("AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup")

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """A text, or the text of a Sub."""
        match properties.get("Name"):
            case str(name):
                size, allowed = len(name), bool(ALLOWED.fullmatch(name))
            case {"Fn::Sub": str(name) | [str(name), *_]}:
                size, allowed = len(re.sub(r"\$\{[^}]*\}", "", name)), True
            case _:
                return
        if size > LONGEST:
            yield ["Name"], f"{name!r} has {size} characters, more than {LONGEST}"
        elif not allowed:
            yield ["Name"], f"{name!r} is not made of letters, digits and inner hyphens, or begins with 'internal-'"
