"""What platforms cost a month: by a table in which each price has a source, and added up by hand."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from tapgen.cli import tapgen
from tapgen.parse import parse
from tapgen.review.cost import Bill, Range, bill, table
from tapgen.review.cost.ranges import cents
from tapgen.review.cost.resources import PRICED
from tapgen.review.review import review
from tapgen.review.revisions import templates_in
from tapgen.review.stacks import stacks

PROJECT = Path(__file__).parents[2]
FOLDERS = [PROJECT / "templates_out", *sorted((PROJECT / "tests/golden/platforms").glob("*/templates_out"))]


def of(text: str) -> Bill:
    return bill(stacks({"root.yaml": text}))


def only(text: str) -> str:
    """What the one resource of a template costs that costs something."""
    (found,) = of(text).items.values()
    return str(found.cost)


def missing(text: str) -> list[str]:
    return [each.what for each in of(text).gaps()]


@pytest.mark.parametrize("name", sorted(table().prices))
def test_every_price_has_a_source_and_a_date(name: str) -> None:
    price = table().prices[name]
    assert price.usd > 0
    assert price.per in ("hour", "month", "share")
    assert price.source.startswith(("https://aws.amazon.com/", "https://docs.aws.amazon.com/"))
    assert price.seen.startswith("https://")
    assert re.fullmatch(r"20\d\d(-[01]\d)?", price.date)
    assert price.date <= table().date


def test_what_is_free_is_so_by_a_source_and_a_date() -> None:
    for each in table().free:
        assert each.source.startswith(("https://aws.amazon.com/", "https://docs.aws.amazon.com/"))
        assert re.fullmatch(r"20\d\d(-[01]\d)?", each.date)
        assert each.types


def test_every_type_of_every_platform_is_priced_or_free_or_said_not_to_be_covered() -> None:
    kinds = {
        str(resource["Type"])
        for folder in FOLDERS
        for text in templates_in(folder).values()
        for resource in parse(text).get("Resources", {}).values()
    }
    known = table()
    assert len(kinds) > 60
    for kind in sorted(kinds):
        places = (kind in PRICED, known.is_free(kind), kind in known.uncovered)
        assert sum(places) == 1 or kind == "AWS::ECS::TaskDefinition", (kind, places)


def test_every_price_is_used() -> None:
    code = "".join(path.read_text() for path in (PROJECT / "tapgen/review/cost").glob("*.py"))
    for name in table().prices:
        family = name.replace(".x86.", ".{processor}.").replace(".arm.", ".{processor}.")
        family = re.sub(r"^rds\.postgres\..*", "rds.{word", re.sub(r"^authority\..*", "authority.{name}", family))
        assert family in code, name


def test_the_whole_of_dev_is_what_it_is_by_hand() -> None:
    """The numbers are those of templates_out/dev and of the price lists, written out once more."""
    task = (Decimal("0.04048") + 2 * Decimal("0.004445")) * 730  # 1 vCPU and 2 GB
    assert task == Decimal("36.0401")
    spot = Decimal("0.3")
    two = 1 + Decimal(1) / 4 + spot * 3 / 4  # of 2 tasks, 1 is the base, and 3 in 4 of the rest are Spot
    services = Range(2 * two * task + task, 2 * 10 * task + 2 * task)  # order, notification; payment has 1 to 2
    alarms = Decimal("0.10") * 28
    fixed = (
        Decimal("0.045") * 730  # one NAT gateway
        + Decimal("0.005") * 730  # its address
        + Decimal("0.0225") * 730  # one load balancer
        + 3 * Decimal("0.005") * 730  # its addresses in three zones
        + 3 * Decimal("1.00")  # keys
        + Decimal("3.00")  # a dashboard
        + alarms
    )
    found = bill(stacks(templates_in(PROJECT / "templates_out", ["dev"])))
    assert cents(found.total.least) == cents(services.least + fixed) == Decimal("215.03")
    assert cents(found.total.most) == cents(services.most + fixed) == Decimal("865.56")
    assert {name: number for name, (number, _) in found.types.items()} == {
        "AWS::ECS::Service": 3,
        "AWS::EC2::NatGateway": 1,
        "AWS::ElasticLoadBalancingV2::LoadBalancer": 1,
        "AWS::EC2::EIP": 1,
        "AWS::CloudWatch::Dashboard": 1,
        "AWS::KMS::Key": 3,
        "AWS::CloudWatch::Alarm": 19,
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_nothing_of_any_platform_lacks_a_reason_and_the_parts_are_the_whole(folder: Path) -> None:
    found = bill(stacks(templates_in(folder)))
    assert "no price is known" not in {each.what for each in found.gaps()}
    assert not [each.what for each in found.gaps() if "known only when" in each.what]
    for parts in (found.roots.values(), found.stacks.values(), (cost for _, cost in found.types.values())):
        assert sum(parts, Range()) == found.total
    assert found.total.least <= found.total.most


def test_a_platform_against_itself_costs_nothing_more_and_the_way_back_is_the_way() -> None:
    dev, prod = (
        {path.split("/", 1)[1]: text for path, text in templates_in(PROJECT / "templates_out", [name]).items()}
        for name in ("dev", "prod")
    )
    assert review(prod, prod).cost.changes == []
    there = {each.address: (each.before, each.after) for each in review(dev, prod).cost.changes}
    assert there["root/network.NatGateway2"] == (Range(), Range.exactly(Decimal("32.850")))
    back = {each.address: (each.after, each.before) for each in review(prod, dev).cost.changes}
    kept = there.keys() - back.keys()
    assert {address: cost for address, cost in there.items() if address not in kept} == back
    assert kept
    for address in kept:
        path, _, title = address.rpartition(".")
        policy = parse(prod[f"{path.removeprefix('root/')}.yaml"])["Resources"][title]["DeletionPolicy"]
        assert policy.startswith("Retain"), address


ENDPOINT = """
Parameters: {Zones: {Type: CommaDelimitedList, Default: "%s"}}
Conditions: {Third: !Equals [!Ref AWS::Region, us-east-1]}
Resources:
  Way: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcEndpointType: Interface, SubnetIds: %s}}
"""


@pytest.mark.parametrize(
    ("zones", "cost"),
    [
        ("[a, b]", "14.60"),
        ("!Ref Zones", "21.90"),
        ('!Split [",", !Join [",", [!Ref A, !Ref B]]]', "14.60"),
        ("[a, !If [Third, c, !Ref AWS::NoValue]]", "7.30..14.60"),
        ("!If [Third, [a, b, c], [a]]", "7.30..21.90"),
    ],
)
def test_zones_are_counted_however_they_are_said(zones: str, cost: str) -> None:
    assert only(ENDPOINT % ("a,b,c", zones)) == cost


def test_what_a_root_is_given_without_a_default_is_not_guessed() -> None:
    assert missing(ENDPOINT % ("", "!Ref Zones")) == ["the zones of an endpoint: known only when it is deployed"]


NAT = """
Resources:
  A: {Type: AWS::EC2::Subnet, Properties: {AvailabilityZone: !Select [0, !GetAZs ""]}}
  B: {Type: AWS::EC2::Subnet, Properties: {AvailabilityZone: !Select [1, !GetAZs ""]}}
  C: {Type: AWS::EC2::Subnet, Properties: {AvailabilityZone: !Select [1, !GetAZs ""]}}
  Nat: {Type: AWS::EC2::NatGateway, Properties: {AvailabilityMode: regional, VpcId: v}}
"""


def test_a_gateway_of_a_region_is_in_one_zone_to_all_of_them() -> None:
    """For 0.045 and, with an address, 0.005 an hour in each of two."""
    assert only(NAT) == "36.50..73.00"


SERVICE = """
Resources:
  Task: {Type: AWS::ECS::TaskDefinition, Properties: {RequiresCompatibilities: [FARGATE], Cpu: %s, Memory: %s%s}}
  Service: {Type: AWS::ECS::Service, Properties: {TaskDefinition: !Ref Task%s}}
"""


@pytest.mark.parametrize(
    ("cpu", "memory", "more", "wish", "cost"),
    [
        ("256", "512", "", "", "9.01"),
        (".25 vCPU", "0.5 GB", "", "", "9.01"),
        ("1024", "2048", "", ", DesiredCount: 3", "108.12"),
        ("1024", "2048", ", RuntimePlatform: {CpuArchitecture: ARM64}", "", "28.84"),
        (
            "1024",
            "2048",
            "",
            ", CapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Weight: 1}]",
            "10.81..36.04",
        ),
    ],
)
def test_tasks_cost_by_their_size(cpu: str, memory: str, more: str, wish: str, cost: str) -> None:
    assert only(SERVICE % (cpu, memory, more, wish)) == cost


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (SERVICE % (256, 512, "", ", LaunchType: EC2"), "tasks that do not run on Fargate"),
        (
            SERVICE % (256, 512, ", RuntimePlatform: {OperatingSystemFamily: WINDOWS_SERVER_2022_CORE}", ""),
            "tasks on Windows",
        ),
        (
            "Resources: {S: {Type: AWS::ECS::Service, Properties: {TaskDefinition: web}}}",
            "the task definition is in no template",
        ),
        ("Resources: {T: {Type: AWS::ECS::TaskDefinition}}", "tasks that no service runs, as those of jobs"),
        (
            "Resources: {A: {Type: AWS::CloudWatch::Alarm, Properties: {ThresholdMetricId: band}}}",
            "alarms on anomalies, or on metrics that a query finds",
        ),
        (
            "Resources: {B: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Type: gateway}}}",
            "load balancers of the type gateway",
        ),
        (
            "Resources: {D: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceClass: db.r9g.large}}}",
            "instances of the class db.r9g.large",
        ),
        (
            (
                "{Parameters: {P: {Default: p}}, Resources: {D: {Type: AWS::RDS::DBInstance, "
                "Properties: {DBInstanceClass: !FindInMap [M, !Ref P, Class]}}}}"
            ),
            "the class of a database: known only when it is deployed",
        ),
        ("Resources: {X: {Type: AWS::Quantum::Computer}}", "no price is known"),
    ],
)
def test_what_cannot_be_told_is_said_and_costs_nothing(text: str, what: str) -> None:
    assert what in missing(text)
    assert of(text).total == Range()


ODD = "!If [Here, %s, !Ref AWS::NoValue]"


@pytest.mark.parametrize(
    "text",
    [
        SERVICE % (256, 512, f", EphemeralStorage: {ODD % '{SizeInGiB: 60}'}", ""),
        SERVICE % (256, 512, f", RuntimePlatform: {ODD % '{CpuArchitecture: ARM64}'}", ""),
        SERVICE
        % (256, 512, "", f", CapacityProviderStrategy: {ODD % '[{CapacityProvider: FARGATE_SPOT, Weight: 1}]'}"),
        SERVICE % (256, 512, "", f", CapacityProviderStrategy: [{ODD % '{CapacityProvider: FARGATE, Weight: 1}'}]"),
        SERVICE % (256, 512, "", ", DesiredCount: NaN"),
        SERVICE % ("1.2.3 vCPU", 512, "", ""),
        SERVICE % ("!Ref Size", 512, "", ""),
        SERVICE % (256, "[512]", "", ""),
        f"Resources: {{A: {{Type: AWS::CloudWatch::Alarm, Properties: {{Metrics: {ODD % '[]'}}}}}}}",
        f"Resources: {{A: {{Type: AWS::CloudWatch::Alarm, Properties: {{Metrics: [{ODD % '{Id: a}'}]}}}}}}",
        "Resources: {D: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceClass: db.serverless}}}",
        f"""
Resources:
  C: {{Type: AWS::RDS::DBCluster, Properties: {{ServerlessV2ScalingConfiguration: {ODD % "{MinCapacity: 1}"}}}}}
  D: {{Type: AWS::RDS::DBInstance, Properties: {{DBInstanceClass: db.serverless, DBClusterIdentifier: !Ref C}}}}
""",
        "Resources: {B: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}}",
        "Resources: {W: {Type: AWS::WAFv2::WebACL, Properties: {Rules: !Ref Rules}}}",
    ],
)
def test_what_is_said_in_another_way_is_not_guessed(text: str) -> None:
    found = of(text)
    assert found.unknown
    assert found.total == Range()


def test_an_alarm_that_looks_more_often_costs_more() -> None:
    alarm = "Resources: {A: {Type: AWS::CloudWatch::Alarm, Properties: {MetricName: m, Period: %d}}}"
    assert (only(alarm % 60), only(alarm % 10)) == ("0.10", "0.30")


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(tapgen, ["-C", str(PROJECT / "tapgen.yaml"), *arguments])
    return result.exit_code, result.output


def test_the_command_prints_the_whole() -> None:
    code, text = call("cost", "-e", "dev")
    assert code == 0
    for part in ("215.03..865.56 USD", "dev/network ", "AWS::EC2::NatGateway (1)", "Not covered:", *table().beyond):
        assert part in text
    code, text = call("cost", "--format", "json")
    data = json.loads(text)
    assert (code, data["version"], data["currency"], data["region"]) == (0, 1, "USD", "us-east-1")
    assert {"dev/network", "prod/network"} <= data["stacks"].keys()
    assert data["types"]["AWS::EC2::NatGateway"] == {"count": 4, "least": 131.4, "most": 131.4}
    assert {each["type"] for each in data["uncovered"]} >= {"AWS::Logs::LogGroup", "AWS::S3::Bucket"}


def test_without_templates_there_is_nothing_to_add_up(tmp_path: Path) -> None:
    code, text = call("cost", "-o", str(tmp_path))
    assert code == 2
    assert "there are no templates" in text


def test_a_limit_that_is_none_is_refused() -> None:
    code, text = call("review", "--against", str(PROJECT / "templates_out"), "--fail-on", "cost")
    assert code == 2
    assert "cost>50" in text


def test_the_command_refuses_what_costs_more_than_a_limit(tmp_path: Path) -> None:
    for name, gateways in (("before", 1), ("after", 2)):
        folder = tmp_path / name / "dev"
        folder.mkdir(parents=True)
        lines = [f"  Nat{number}: {{Type: AWS::EC2::NatGateway}}\n" for number in range(gateways)]
        (folder / "root.yaml").write_text(f"Resources:\n{''.join(lines)}")
    ways = ("review", "-o", str(tmp_path / "after"), "--against", str(tmp_path / "before"), "--fail-on")
    assert call(*ways, "cost>32.85")[0] == 0
    code, text = call(*ways, "cost>30")
    assert code == 1
    assert "not to be: cost: dev +32.85 a month, by an estimate: more than 30" in text
