"""E9117: the body of a dashboard is JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.lint.rule import ResourceRule
from tapgen.lint.stacks import Where


class DashboardBodies(ResourceRule):
    """CloudWatch refuses any other body."""

    id = "E9117"
    shortdesc = "A dashboard's body is JSON"
    description = "The body of a dashboard, with its `${...}` filled in, must be a JSON object"
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"
    )
    tags = ["tapgen", "cloudwatch"]
    types = ("AWS::CloudWatch::Dashboard",)

    def problems(self, properties: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
        """A text, or the text of a Sub."""
        match properties.get("DashboardBody"):
            case str(body):
                problem = _problem(body)
            case {"Fn::Sub": str(body) | [str(body), *_]}:
                # A value may stand within quotes or be a number outside of them: 0 is right in both.
                problem = _problem(re.sub(r"\$\{[^}]*\}", "0", body))
            case _:
                return
        if problem:
            yield ["DashboardBody"], f"the body of the dashboard is no JSON object: {problem}"


def _problem(body: str) -> str:
    try:
        return "" if isinstance(json.loads(body), dict) else "it is another JSON value"
    except ValueError as error:
        return str(error)
