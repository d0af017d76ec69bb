"""DNS records in templates.

https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.elbv2.traffic import announce_alias


@provides("AWS::Route53::RecordSet")
class RecordSet(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordset.html.

    A platform names its hosted zone by an id that AWS chose. Here, a zone made with `--caller-reference Z0123456789...`
    has that id as soon as a template asks for it.
    """

    async def create(self, wanted: Wanted) -> Made:
        """Make a record in a zone that there is."""
        zone = wanted.properties["HostedZoneId"]
        engine.name_zone(zone)
        await call("route53", "GetHostedZone", Id=zone)
        if alias := wanted.properties.get("AliasTarget"):
            announce_alias(wanted.properties["Name"], alias["DNSName"])
        return await super().create(wanted)
