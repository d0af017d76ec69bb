"""What CloudFormation does about a change: from the schemas of resource types that ship with cfn-lint."""

from __future__ import annotations

from enum import IntEnum

from tapgen.review.differences import REGION, Path
from tapgen.schemas import is_create_only, may_replace, schema

_REVISIONS = ("AWS::ECS::TaskDefinition",)
"""Types of which a new one in the place of the old is the ordinary way of a change."""

_SPECIFIED = {
    "AWS::CertificateManager::Certificate": ("ValidationMethod",),
    "AWS::DynamoDB::Table": ("KeySchema",),
    "AWS::EC2::EIP": ("Domain",),
    "AWS::Events::Rule": ("EventBusName",),
    "AWS::RDS::DBCluster": ("AvailabilityZones",),
    "AWS::RDS::DBInstance": ("Port",),
    "AWS::Route53::RecordSet": ("Name",),
    "AWS::ServiceDiscovery::Service": ("DnsConfig.NamespaceId",),
}
"""Properties whose change replaces, as AWS's service specification says, but not the schema of their type.

Source: https://github.com/cdklabs/awscdk-service-spec
"""

_THERE = ("Condition",)
"""Not a property, but whether there is such a resource at all: that is known when the stack is deployed."""

_OWN = ("DeletionPolicy", "UpdateReplacePolicy")


class Effect(IntEnum):
    """From harmless to grave."""

    NOTHING = 0
    IN_PLACE = 1
    UNKNOWN = 2
    REVISION = 3
    MAYBE_REPLACED = 4
    REPLACED = 5

    @property
    def says(self) -> str:
        """It in words."""
        return {
            Effect.NOTHING: "nothing happens",
            Effect.IN_PLACE: "changed in place",
            Effect.UNKNOWN: "changed, in a way that no schema tells",
            Effect.REVISION: "new revision",
            Effect.MAYBE_REPLACED: "replaced in some cases",
            Effect.REPLACED: "replaced",
        }[self]

    @property
    def moves(self) -> bool:
        """Whether its references lead elsewhere afterwards."""
        return self >= Effect.REVISION


def effect(kind: str, path: Path) -> Effect:
    """What a change of the property at *path* does to a resource.

    Source: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
    """
    if path[:1] and path[0] in _OWN:
        return Effect.NOTHING
    root = schema(kind, REGION)
    if path == _THERE and "Condition" not in root.get("properties", {}):
        return Effect.UNKNOWN
    if not root:
        known = kind.startswith(("Custom::", "AWS::CloudFormation::"))
        return Effect.IN_PLACE if known else Effect.UNKNOWN
    if is_create_only(root, path) or _is_specified(kind, path):
        return Effect.REVISION if kind in _REVISIONS else Effect.REPLACED
    return Effect.MAYBE_REPLACED if may_replace(root, path) else Effect.IN_PLACE


def _is_specified(kind: str, path: Path) -> bool:
    said = ".".join(path)
    return any(f"{said}.".startswith(f"{each}.") for each in _SPECIFIED.get(kind, ()))
