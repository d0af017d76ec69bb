"""Tags reach everything that takes them, and leave alone what has tags of its own."""

from __future__ import annotations

from typing import Any

from troposphere import Tags, Template, ec2

from tapgen.parts.tags import tag


def tags(template: Template, title: str) -> dict[str, str]:
    resource: dict[str, Any] = template.to_dict()["Resources"][title]
    return {each["Key"]: each["Value"] for each in resource.get("Properties", {}).get("Tags", [])}


def test_everything_that_takes_tags_gets_them_and_keeps_its_own() -> None:
    template = Template()
    template.add_resource(ec2.VPC("Vpc", CidrBlock="10.0.0.0/16", Tags=Tags(Name="shop-dev", Team="network")))
    template.add_resource(ec2.InternetGateway("Gateway"))
    tag(template, {"Environment": "dev", "Team": "shop"})
    assert tags(template, "Vpc") == {"Environment": "dev", "Team": "network", "ManagedBy": "tapgen", "Name": "shop-dev"}
    assert tags(template, "Gateway") == {"Environment": "dev", "Team": "shop", "ManagedBy": "tapgen"}


def test_what_takes_no_tags_gets_none() -> None:
    template = Template()
    template.add_resource(ec2.Route("Route", RouteTableId="rtb-1", DestinationCidrBlock="0.0.0.0/0", GatewayId="igw-1"))
    tag(template, {"Environment": "dev"})
    assert "Tags" not in template.to_dict()["Resources"]["Route"]["Properties"]
