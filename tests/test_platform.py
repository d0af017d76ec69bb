"""The platform as a whole: which stacks there are, in which order, and what changes when a service is added."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapgen.config.order import callees_first
from tapgen.config.read import read
from tapgen.config.service import Service
from tapgen.parse import parse
from tapgen.render import render

Raw = dict[str, Any]
Render = Callable[[Raw], dict[str, Any]]
EXAMPLE = Path(__file__).parents[1] / "tapgen.yaml"
HTTP = {"protocol": "http"}
INTERNAL = {"port": 8080}


def platform(services: Raw, **environment: Any) -> Raw:
    """What a file says with these services, and one environment."""
    here = {"account": "111111111111", "region": "eu-west-1", "ingress": HTTP}
    return {"name": "shop", "services": services, "environments": {"dev": here | environment}}


@pytest.fixture
def rendered(tmp_path: Path) -> Render:
    """Renders what a file says; the templates of `dev` by stack, parsed."""

    def templates(raw: Raw) -> dict[str, Any]:
        file = tmp_path / "tapgen.yaml"
        file.write_text(json.dumps(raw))
        return {
            path.removeprefix("dev/").removesuffix(".yaml"): parse(text)
            for path, text in render(read(file)).items()
            if path.startswith("dev/")
        }

    return templates


def of(template: Any, kind: str) -> dict[str, Any]:
    """The properties of every resource of a type, by name."""
    resources = template["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in resources if resource["Type"] == kind}


def service(name: str, calls: list[str]) -> Service:
    return Service(name=name, port=8080, calls=tuple(calls))


NAMES = ["a", "b", "c", "d", "e", "f"]
GRAPHS = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), unique=True, max_size=4), min_size=1
).map(lambda graph: {name: [callee for callee in callees if callee in graph] for name, callees in graph.items()})


def reach(graph: dict[str, list[str]], start: str) -> set[str]:
    """Whom a service calls, directly or through others."""
    found: set[str] = set()
    new = set(graph[start])
    while new:
        found |= new
        new = {callee for name in new for callee in graph[name]} - found
    return found


def order(graph: dict[str, list[str]]) -> list[str]:
    return [each.name for each in callees_first({name: service(name, calls) for name, calls in graph.items()})]


@settings(deadline=None)
@given(GRAPHS)
def test_callees_come_before_their_callers_unless_they_call_in_a_circle(graph: dict[str, list[str]]) -> None:
    result = order(graph)
    assert sorted(result) == sorted(graph)
    for caller, callees in graph.items():
        for callee in callees:
            circle = caller in reach(graph, callee)
            assert circle or result.index(callee) < result.index(caller)


@settings(deadline=None)
@given(GRAPHS)
def test_an_unrelated_service_leaves_the_order_of_the_others(graph: dict[str, list[str]]) -> None:
    assert [name for name in order({"z": []} | graph) if name != "z"] == order(graph)
    assert order(graph | {"z": []}) == [*order(graph), "z"]


def test_in_a_circle_the_one_named_first_comes_last() -> None:
    assert order({"a": ["b"], "b": ["c"], "c": ["a"]}) == ["c", "b", "a"]


@pytest.fixture
def circle() -> Raw:
    """Two services that call each other, and one that both call."""
    return platform(
        {
            "order": {"port": 8081, "path": "/order", "calls": ["payment", "mail"]},
            "payment": {"port": 8080, "path": "/payment", "calls": ["order", "mail"]},
            "mail": {"port": 8082},
        }
    )


def test_a_caller_that_is_made_before_its_callee_says_what_it_needs(circle: Raw, rendered: Render) -> None:
    """That such templates are in order, the linters say of the golden platform `everything`."""
    templates = rendered(circle)
    root = templates["root"]["Resources"]
    assert root["ServicePayment"]["DependsOn"] == ["ServiceMail"]
    assert root["ServiceOrder"]["DependsOn"] == ["ServicePayment", "ServiceMail"]
    said = {
        name: templates[f"service-{name}"]["Resources"]["Service"]["Metadata"]["com.aws.cloudformation.Context"]
        for name in ("order", "payment", "mail")
    }
    assert "must" not in said["order"]
    assert "must" not in said["mail"]
    (must,) = said["payment"]["must"]
    assert "order" in must
    assert "mail" not in must
    ways = of(templates["firewall"], "AWS::EC2::SecurityGroupIngress")
    assert {"OrderToPayment", "PaymentToOrder", "OrderToMail", "PaymentToMail"} <= ways.keys()


def environment_of(templates: dict[str, Any], name: str) -> dict[str, str]:
    """What the container of a service is told."""
    (task,) = of(templates[f"service-{name}"], "AWS::ECS::TaskDefinition").values()
    return {variable["Name"]: variable["Value"] for variable in task["ContainerDefinitions"][0]["Environment"]}


def test_callers_learn_every_port_and_reach_it(rendered: Render) -> None:
    """What they are told is what the mesh answers to, and what the firewall lets through."""
    orders = {"port": 8080, "ports": {"admin": 9090, "bulk-import": 9091}}
    templates = rendered(platform({"web": {"calls": ["orders"]}, "job": {}, "orders": orders}))
    urls = {key: url for key, url in environment_of(templates, "web").items() if key.endswith("_URL")}
    assert urls == {
        "ORDERS_URL": "http://orders:8080",
        "ORDERS_ADMIN_URL": "http://orders:9090",
        "ORDERS_BULK_IMPORT_URL": "http://orders:9091",
    }
    for other in ("job", "orders"):
        assert not any(key.endswith("_URL") for key in environment_of(templates, other))
    (runs,) = of(templates["service-orders"], "AWS::ECS::Service").values()
    aliases = [alias for each in runs["ServiceConnectConfiguration"]["Services"] for alias in each["ClientAliases"]]
    assert sorted(urls.values()) == [f"http://{alias['DnsName']}:{alias['Port']}" for alias in aliases]
    ways = of(templates["firewall"], "AWS::EC2::SecurityGroupIngress")
    into = {"WebToOrders": 8080, "WebToOrdersAdmin": 9090, "WebToOrdersBulkImport": 9091}
    assert {name: way["FromPort"] for name, way in ways.items()} == into
    out = of(templates["firewall"], "AWS::EC2::SecurityGroup")["WebGroup"]["SecurityGroupEgress"]
    assert {way["FromPort"] for way in out if way["CidrIp"] == "10.0.0.0/16"} == set(into.values())


def test_a_worker_is_reached_by_nobody(rendered: Render) -> None:
    templates = rendered(platform({"worker": {"calls": ["api"]}, "api": INTERNAL}))
    stack = templates["service-worker"]
    (task,) = of(stack, "AWS::ECS::TaskDefinition").values()
    (container,) = task["ContainerDefinitions"]
    assert not {"PortMappings", "HealthCheck"} & container.keys()
    assert {"Name": "API_URL", "Value": "http://api:8080"} in container["Environment"]
    assert "PORT" not in {variable["Name"] for variable in container["Environment"]}
    (runs,) = of(stack, "AWS::ECS::Service").values()
    assert "Services" not in runs["ServiceConnectConfiguration"]
    assert not {"LoadBalancers", "HealthCheckGracePeriodSeconds"} & runs.keys()
    assert not of(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")
    ways = of(templates["firewall"], "AWS::EC2::SecurityGroupIngress")
    assert ways.keys() == {"WorkerToApi"}


def test_a_worker_that_calls_nobody_is_in_no_mesh(rendered: Render) -> None:
    (runs,) = of(rendered(platform({"worker": {}}))["service-worker"], "AWS::ECS::Service").values()
    assert "ServiceConnectConfiguration" not in runs


def test_an_internal_service_has_alarms_of_its_tasks_only(rendered: Render) -> None:
    templates = rendered(platform({"api": INTERNAL, "web": {"port": 8081, "path": "/"}}))
    assert of(templates["service-api"], "AWS::CloudWatch::Alarm").keys() == {"TooFewTasks", "HighMemory", "AtMaximum"}
    assert len(of(templates["service-web"], "AWS::CloudWatch::Alarm")) == 6
    assert of(templates["firewall"], "AWS::EC2::SecurityGroupIngress").keys() == {"LoadBalancerToWeb"}


def test_without_a_public_service_there_is_no_load_balancer(rendered: Render) -> None:
    templates = rendered(platform({"api": INTERNAL}))
    assert "ingress" not in templates
    assert of(templates["firewall"], "AWS::EC2::SecurityGroup").keys() == {"ApiGroup"}
    assert not of(templates["firewall"], "AWS::EC2::SecurityGroupEgress")
    assert "IngressLoadBalancerName" not in templates["monitoring"]["Parameters"]
    assert templates["root"]["Outputs"].keys() == {"VpcId", "ClusterName", "NamespaceArn"}


def test_without_secrets_there_is_no_credentials_stack_and_no_key(rendered: Render) -> None:
    without = rendered(platform({"api": INTERNAL}))
    with_one = rendered(platform({"api": INTERNAL}, secrets={"database": {}}))
    assert with_one.keys() - without.keys() == {"credentials"}
    assert of(without["keys"], "AWS::KMS::Key").keys() == {"LogsKey", "AlertsKey"}
    assert of(with_one["keys"], "AWS::KMS::Key").keys() == {"LogsKey", "AlertsKey", "CredentialsKey"}


ROUTES = {
    "single": ["NatGateway1", "NatGateway1", "NatGateway1"],
    "per-az": ["NatGateway1", "NatGateway2", "NatGateway3"],
    "regional": ["NatGateway", "NatGateway", "NatGateway"],
}


@pytest.mark.parametrize("nat", ROUTES)
def test_every_zone_leaves_through_the_nat_gateway_that_the_mode_says(nat: str, rendered: Render) -> None:
    network = rendered(platform({"worker": {}}, network={"nat": nat}))["network"]
    routes = of(network, "AWS::EC2::Route")
    assert [routes[f"Private{zone}Route"]["NatGatewayId"] for zone in (1, 2, 3)] == [{"Ref": n} for n in ROUTES[nat]]
    gateways = of(network, "AWS::EC2::NatGateway")
    assert list(gateways) == sorted(set(ROUTES[nat]))
    regional = {"AvailabilityMode": "regional", "VpcId": {"Ref": "Vpc"}}
    for gateway in gateways.values():
        kept = {key: value for key, value in gateway.items() if key != "Tags"}
        assert kept == regional if nat == "regional" else kept.keys() == {"SubnetId", "AllocationId"}
    if nat == "regional":
        assert network["Resources"]["NatGateway"]["DependsOn"] == "InternetGatewayAttachment"
        assert not of(network, "AWS::EC2::EIP")


ALWAYS = {"ecr.api", "ecr.dkr", "logs", "ecs-agent"}


@pytest.mark.parametrize(
    ("environment", "more"),
    [
        pytest.param({}, set(), id="nothing else"),
        pytest.param({"secrets": {"database": {}}}, {"secretsmanager"}, id="secrets"),
        pytest.param({"cluster": {"exec": True}, "service": {"read_only": False}}, {"ssmmessages", "kms"}, id="exec"),
    ],
)
def test_interface_endpoints_are_those_that_are_called(environment: Raw, more: set[str], rendered: Render) -> None:
    templates = rendered(platform({"worker": {}}, network={"endpoints": "interface"}, **environment))
    names = {each["ServiceName"]["Fn::Sub"] for each in of(templates["endpoints"], "AWS::EC2::VPCEndpoint").values()}
    assert names == {f"com.amazonaws.${{AWS::Region}}.{api}" for api in ALWAYS | more}


def test_services_wait_for_the_endpoints_where_there_are_any(rendered: Render) -> None:
    services: Raw = {"web": {"calls": ["api"]}, "api": INTERNAL}
    inside = rendered(platform(services, network={"endpoints": "interface"}))["root"]["Resources"]
    assert inside["ServiceApi"]["DependsOn"] == ["Endpoints"]
    assert inside["ServiceWeb"]["DependsOn"] == ["Endpoints", "ServiceApi"]
    outside = rendered(platform(services))["root"]["Resources"]
    assert "DependsOn" not in outside["ServiceApi"]
    assert outside["ServiceWeb"]["DependsOn"] == ["ServiceApi"]


def test_without_interface_endpoints_there_is_no_stack_and_no_group_for_them(rendered: Render) -> None:
    templates = rendered(platform({"worker": {}}))
    assert "endpoints" not in templates
    assert of(templates["firewall"], "AWS::EC2::SecurityGroup").keys() == {"WorkerGroup"}


def test_without_nat_everything_is_reached_inside_aws(tmp_path: Path, rendered: Render) -> None:
    """The placeholder lies outside, so there must be an image."""
    (tmp_path / "tapgen.images.yaml").write_text(f"dev: {{worker: 'sha256:{'0' * 64}'}}")
    templates = rendered(platform({"worker": {}}, network={"nat": "none"}))
    assert not of(templates["network"], "AWS::EC2::NatGateway")
    assert of(templates["network"], "AWS::EC2::Route").keys() == {"PublicRoute"}
    assert len(of(templates["endpoints"], "AWS::EC2::VPCEndpoint")) == len(ALWAYS)
    (task,) = of(templates["service-worker"], "AWS::ECS::TaskDefinition").values()
    registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
    assert task["ContainerDefinitions"][0]["Image"] == {"Fn::Sub": f"{registry}/shop/worker@sha256:{'0' * 64}"}


def test_a_new_service_changes_nothing_of_the_others(rendered: Render) -> None:
    few: Raw = {"web": {"port": 8080, "path": "/", "calls": ["api"]}, "api": {"port": 8081}}
    before = rendered(platform(few))
    after = rendered(platform({"shop": {"port": 8082, "path": "/shop", "calls": ["api"]}} | few))
    assert after.keys() - before.keys() == {"service-shop"}
    assert {stack for stack in before if before[stack] != after[stack]} == {"root", "firewall"}


def test_the_platform_grows_without_reaching_a_limit(rendered: Render) -> None:
    """The first design had 500 resources at 29 services, and 60 rules in one security group at 59."""

    def many(count: int) -> Raw:
        return {f"s{number}": {"port": 8080, "path": f"/s{number}"} for number in range(count)}

    few, more = rendered(platform(many(2))), rendered(platform(many(60)))
    assert len(json.dumps(few["service-s1"])) == len(json.dumps(more["service-s1"]))
    assert max(len(template["Resources"]) for template in more.values()) < 500
    for group in of(more["firewall"], "AWS::EC2::SecurityGroup").values():
        assert max(len(group.get(key, [])) for key in ("SecurityGroupEgress", "SecurityGroupIngress")) <= 60
    ways = [way["GroupId"]["Fn::GetAtt"][0] for way in of(more["firewall"], "AWS::EC2::SecurityGroupIngress").values()]
    assert max(map(ways.count, ways)) == 1
    assert len(of(more["firewall"], "AWS::EC2::SecurityGroupEgress")) == 1


def test_names_stay_since_a_changed_one_is_a_replacement(golden: Callable[[Path, str], None]) -> None:
    lines = [
        f"{path.removesuffix('.yaml')}: {name} {resource['Type']}"
        for path, text in sorted(render(read(EXAMPLE)).items())
        for name, resource in sorted(parse(text)["Resources"].items())
    ]
    golden(Path(__file__).with_name("golden") / "names.txt", "\n".join(lines) + "\n")
