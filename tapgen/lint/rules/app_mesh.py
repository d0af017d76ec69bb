"""W9121: App Mesh is no more."""

from __future__ import annotations

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

KIND = "AWS::AppMesh::"


class AppMesh(CloudFormationLintRule):
    """The provider schemas know its types still, and CloudFormation does not validate them before a deployment."""

    id = "W9121"
    shortdesc = "No resources of App Mesh"
    description = "AWS shut App Mesh down on 2026-09-30"
    source_url = "https://docs.aws.amazon.com/app-mesh/latest/userguide/what-is-app-mesh.html"
    tags = ["tapgen", "appmesh"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        """One for the whole template, at the first of its resources."""
        first = next((name for name, each in cfn.get_resources().items() if each["Type"].startswith(KIND)), None)
        message = f"AWS shut App Mesh down on 2026-09-30, and makes nothing of it any more: {self.source_url}"
        return [RuleMatch(["Resources", first, "Type"], message)] if first else []
