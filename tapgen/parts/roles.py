"""What all roles of an environment have in common: where they are and what bounds them."""

from __future__ import annotations

from dataclasses import dataclass

from awacs.aws import PolicyDocument
from troposphere import iam

from tapgen.parts.arns import here
from tapgen.parts.context import why


@dataclass(frozen=True)
class Roles:
    """Makes the roles of one environment. Their names are CloudFormation's, so that two copies never collide."""

    path: str
    boundary: str | None = None
    """The ARN of the policy that no role can exceed."""

    def role(self, title: str, purpose: str, trusted: PolicyDocument, *policies: iam.Policy) -> iam.Role:
        """A role with its policies inside: whoever may assume it has its rights from the first moment."""
        role = iam.Role(title, Metadata=why(purpose), Path=self.path, AssumeRolePolicyDocument=trusted)
        if self.boundary:
            role.PermissionsBoundary = here(self.boundary)
        if policies:
            role.Policies = list(policies)
        return role
