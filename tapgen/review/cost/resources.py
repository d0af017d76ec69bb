"""What one resource of a type costs a month, by what stands in its properties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from tapgen.review.cost.prices import table
from tapgen.review.cost.ranges import Range
from tapgen.review.cost.tasks import definition, service
from tapgen.review.cost.values import UnknownAmountError, count, named, number, part, parts, word
from tapgen.review.stacks import Stack

Pricer = Callable[[Stack, str], Range]
"""What a resource of a stack, by its logical id, costs; it raises `UnknownAmountError` where that cannot be told."""


def _each(name: str) -> Pricer:
    """Of a type that costs the same whatever is in its properties."""
    return lambda _stack, _title: Range.exactly(table().monthly(name))


def _gateway(stack: Stack, title: str) -> Range:
    """A gateway of a Region is in each zone that has work for it, with an address there."""
    prices = table()
    if word(stack, stack.resources[title]["Properties"].get("AvailabilityMode")) != "regional":
        return Range.exactly(prices.monthly("nat.zone"))
    subnets = [each["Properties"] for each in stack.resources.values() if each["Type"] == "AWS::EC2::Subnet"]
    zones = {word(stack, each["AvailabilityZone"]) for each in subnets if "AvailabilityZone" in each}
    if not zones:
        raise UnknownAmountError("gateways of a whole Region, in zones that its template does not name")
    return Range(Decimal(1), Decimal(len(zones))) * (prices.monthly("nat.zone") + prices.monthly("address"))


def _balancer(stack: Stack, title: str) -> Range:
    """A load balancer; one that faces the internet has an address in each zone at least.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
    """
    properties, prices = stack.resources[title]["Properties"], table()
    if (kind := word(stack, properties.get("Type"), "application")) not in ("application", "network"):
        raise UnknownAmountError(f"load balancers of the type {kind}")
    hours = Range.exactly(prices.monthly("balancer"))
    if word(stack, properties.get("Scheme"), "internet-facing") == "internal":
        return hours
    zones = count(stack, properties.get("Subnets") or properties.get("SubnetMappings"), "the zones of a load balancer")
    return hours + zones * prices.monthly("address")


def _endpoint(stack: Stack, title: str) -> Range:
    """An interface costs by zone, a gateway nothing.

    https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    """
    properties = stack.resources[title]["Properties"]
    if (kind := word(stack, properties.get("VpcEndpointType"), "Gateway")) == "Gateway":
        return Range()
    if kind != "Interface":
        raise UnknownAmountError(f"endpoints of the type {kind}")
    return count(stack, properties.get("SubnetIds"), "the zones of an endpoint") * table().monthly("endpoint.zone")


def _alarm(stack: Stack, title: str) -> Range:
    """An alarm costs by the metrics that it looks at."""
    properties, prices = stack.resources[title]["Properties"], table()
    metrics = parts(properties.get("Metrics"), "the metrics of an alarm") or [{"MetricStat": properties}]
    if "ThresholdMetricId" in properties or any(_finds(str(each.get("Expression", ""))) for each in metrics):
        raise UnknownAmountError("alarms on anomalies, or on metrics that a query finds")
    found = [part(each["MetricStat"], "the metrics of an alarm") for each in metrics if "MetricStat" in each]
    fast = any(number(stack, each.get("Period", "60"), "the period of an alarm").least < 60 for each in found)
    return Range.exactly(len(found)) * prices.monthly("alarm.metric.fast" if fast else "alarm.metric")


def _finds(expression: str) -> bool:
    return expression.lstrip().upper().startswith(("SELECT", "SEARCH"))


def _authority(stack: Stack, title: str) -> Range:
    """A certificate authority, by what it may issue.

    https://docs.aws.amazon.com/privateca/latest/userguide/short-lived-certificates.html
    """
    mode = word(stack, stack.resources[title]["Properties"].get("UsageMode"))
    name = "short-lived" if mode == "SHORT_LIVED_CERTIFICATE" else "general"
    return Range.exactly(table().monthly(f"authority.{name}"))


def _acl(stack: Stack, title: str) -> Range:
    """A web ACL and its rules, of which a group of AWS's is one."""
    rules = count(stack, stack.resources[title]["Properties"].get("Rules") or [], "the rules of a web ACL")
    return Range.exactly(table().monthly("waf.acl")) + rules * table().monthly("waf.rule")


def _database(stack: Stack, title: str) -> Range:
    """An instance: of Aurora by the capacity that its cluster may use, of RDS by its class and disk, in each zone."""
    properties, prices = stack.resources[title]["Properties"], table()
    kind = word(stack, properties.get("DBInstanceClass"))
    if kind == "db.serverless":
        home, cluster = named(stack, properties.get("DBClusterIdentifier"), "the cluster of a database")
        what = "the capacity of a database"
        capacity = part(home.resources[cluster]["Properties"].get("ServerlessV2ScalingConfiguration"), what)
        least, most = (number(home, capacity.get(f"{end}Capacity"), what) for end in ("Min", "Max"))
        return Range(least.least, most.most) * prices.monthly("aurora.acu")
    if "${" in kind:
        raise UnknownAmountError("the class of a database: known only when it is deployed")
    name = f"rds.{word(stack, properties.get('Engine'))}.{kind}"
    if name not in prices.prices or word(stack, properties.get("StorageType")) != "gp3":
        raise UnknownAmountError(f"instances of the class {kind}" if kind else "instances of no class")
    disk = number(stack, properties.get("AllocatedStorage"), "the size of a disk")
    zones = Decimal(2 if word(stack, properties.get("MultiAZ")) == "true" else 1)
    return (Range.exactly(prices.monthly(name)) + disk * prices.monthly("rds.gp3.gb")) * zones


PRICED: Mapping[str, Pricer] = {
    "AWS::ACMPCA::CertificateAuthority": _authority,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _each("dashboard"),
    "AWS::EC2::EIP": _each("address"),
    "AWS::EC2::NatGateway": _gateway,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ECS::Service": service,
    "AWS::ECS::TaskDefinition": definition,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _balancer,
    "AWS::KMS::Key": _each("key"),
    "AWS::RDS::DBInstance": _database,
    "AWS::SecretsManager::Secret": _each("secret"),
    "AWS::WAFv2::WebACL": _acl,
}
"""Types that have a price."""
