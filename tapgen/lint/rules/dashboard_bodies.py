"""E9117: the body of a dashboard is JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template


class DashboardBodies(CloudFormationLintRule):
    """CloudWatch refuses any other body."""

    id = "E9117"
    shortdesc = "A dashboard's body is JSON"
    description = "The body of a dashboard, with its `${...}` filled in, must be a JSON object"
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"
    )
    tags = ["tapgen", "cloudwatch"]

    def __init__(self) -> None:
        """Say which resources to look at."""
        super().__init__()
        self.resource_property_types = ["AWS::CloudWatch::Dashboard"]

    def match_resource_properties(
        self, properties: Any, resourcetype: str, path: Any, cfn: Template
    ) -> list[RuleMatch]:
        """A text, or the text of a Sub."""
        match properties.get("DashboardBody"):
            case str(body):
                problem = _problem(body)
            case {"Fn::Sub": str(body) | [str(body), *_]}:
                # A value may stand within quotes or be a number outside of them: 0 is right in both.
                problem = _problem(re.sub(r"\$\{[^}]*\}", "0", body))
            case _:
                problem = ""
        return (
            [RuleMatch([*path, "DashboardBody"], f"the body of the dashboard is no JSON object{problem}")]
            if problem
            else []
        )


def _problem(body: str) -> str:
    try:
        return "" if isinstance(json.loads(body), dict) else ", but another JSON value"
    except ValueError as error:
        return f": {error}"
