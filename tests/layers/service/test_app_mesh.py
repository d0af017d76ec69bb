"""What App Mesh adds to the tasks of a service, read in the templates of the example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tapgen.parse import parse

FOLDER = Path(__file__).parents[2] / "golden/platforms/app-mesh/templates_out/legacy"
MEMBERS = ("web", "cart", "stock", "importer")


def resources(name: str) -> dict[str, Any]:
    found: dict[str, Any] = parse((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["Resources"]
    return found


def containers(name: str) -> dict[str, Any]:
    definitions = resources(f"service-{name}")["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    return {each["Name"]: each for each in definitions}


def environment(container: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in container["Environment"]}


@pytest.mark.parametrize("name", MEMBERS)
def test_traffic_passes_an_envoy_that_is_there_first(name: str) -> None:
    found = containers(name)
    proxy = resources(f"service-{name}")["TaskDefinition"]["Properties"]["ProxyConfiguration"]
    said = {each["Name"]: each["Value"] for each in proxy["ProxyConfigurationProperties"]}
    assert (proxy["Type"], proxy["ContainerName"], said["IgnoredUID"]) == ("APPMESH", "envoy", found["envoy"]["User"])
    assert (said["ProxyIngressPort"], said["ProxyEgressPort"]) == ("15000", "15001")
    assert "443" in said["EgressIgnoredPorts"].split(",")
    assert {"ContainerName": "envoy", "Condition": "HEALTHY"} in found["app"]["DependsOn"]
    assert {"ContainerName": "certificates", "Condition": "HEALTHY"} in found["envoy"]["DependsOn"]


@pytest.mark.parametrize("name", [*MEMBERS, "gateway"])
def test_an_envoy_learns_its_own_place_alone(name: str) -> None:
    arn = {"Ref": f"AppMeshEnvoys{name.capitalize()}"}
    assert environment(containers(name).get("envoy", containers(name)["app"]))["APPMESH_RESOURCE_ARN"] == arn
    policies = resources(f"service-{name}")["TaskRole"]["Properties"]["Policies"]
    (policy,) = (each["PolicyDocument"]["Statement"] for each in policies if each["PolicyName"] == "app-mesh")
    assert [(each["Action"], each["Resource"]) for each in policy] == [(["appmesh:StreamAggregatedResources"], [arn])]


@pytest.mark.parametrize("name", [*MEMBERS, "gateway"])
def test_tasks_are_replaced_before_their_certificates_are_stale(name: str) -> None:
    """Envoy reads files once: https://docs.aws.amazon.com/app-mesh/latest/userguide/tls.html."""
    agent = environment(containers(name)["certificates"])
    assert resources(f"service-{name}")["Renewal"]["Properties"]["ScheduleExpression"] == "rate(67 hours)"
    assert 67 * 3600 < int(agent["STALE_AFTER"]) < int(agent["RENEW_AFTER"]) == 7 * 24 * 3600


@pytest.mark.parametrize("name", [*MEMBERS, "gateway", "report"])
def test_nobody_is_in_app_mesh_and_in_service_connect(name: str) -> None:
    service = resources(f"service-{name}")["Service"]["Properties"]
    assert "ServiceConnectConfiguration" not in service
    assert ("ServiceRegistries" in service) == (name in ("web", "cart", "stock"))


def test_who_has_no_part_in_the_mesh_has_no_envoy() -> None:
    assert list(containers("report")) == ["app"]
    assert "ProxyConfiguration" not in resources("service-report")["TaskDefinition"]["Properties"]


def test_the_gateway_alone_is_public_and_has_nothing_sent_through_itself() -> None:
    public = [path.stem for path in FOLDER.glob("service-*.yaml") if "TargetGroup" in resources(path.stem)]
    assert public == ["service-gateway"]
    assert "ProxyConfiguration" not in resources("service-gateway")["TaskDefinition"]["Properties"]


def test_a_node_reaches_what_it_declares() -> None:
    """https://docs.aws.amazon.com/app-mesh/latest/APIReference/API_EgressFilter.html."""
    mesh = resources("app-mesh")
    assert mesh["Mesh"]["Properties"]["Spec"] == {"EgressFilter": {"Type": "DROP_ALL"}}
    backends = {
        name: [each["VirtualService"]["VirtualServiceName"] for each in node["Properties"]["Spec"].get("Backends", [])]
        for name, node in mesh.items()
        if node["Type"] == "AWS::AppMesh::VirtualNode"
    }
    assert backends == {
        "WebNode": ["cart.shop-legacy.internal"],
        "CartNode": ["stock.shop-legacy.internal"],
        "StockNode": [],
        "ImporterNode": ["stock.shop-legacy.internal"],
    }
