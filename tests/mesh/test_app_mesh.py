"""App Mesh: who may call whom, what the gateway hands to whom, and what passes by Envoy."""

from __future__ import annotations

from typing import Any

import pytest

from tapgen.config.mesh import Doors, Mesh
from tapgen.config.service import Health, Service
from tapgen.config.workload import Egress
from tapgen.mesh.app_mesh import Members, gateway_routes, ignored_ports

WEB = Service(name="web", port=8080, calls=("cart",))
CART = Service(name="cart", port=8081, protocol="grpc", calls=("web",))
LONELY = Service(name="lonely", port=8082)
GATEWAY = Service(name="gateway", port=8080, path=("/",), calls=("web",))


def members(*services: Service, **mesh: Any) -> Members:
    doors = Doors("app_mesh", plain_balancer=True, services={each.name: each for each in services}, domain="a.internal")
    return Members(Mesh(app_mesh="2026-09-30", **mesh), doors, "shop-dev")


def names(validation: dict[str, Any]) -> list[str]:
    assert validation["Trust"] == {"File": {"CertificateChain": "/certificates/current/authority.pem"}}
    return list(validation["SubjectAlternativeNames"]["Match"]["Exact"])


def test_a_node_lets_in_those_that_declared_the_call() -> None:
    (listener,) = members(WEB, CART, GATEWAY).node(WEB)["Listeners"]
    assert listener["TLS"]["Mode"] == "STRICT"
    assert names(listener["TLS"]["Validation"]) == ["spiffe://shop-dev/cart", "spiffe://shop-dev/gateway"]


def test_a_node_believes_nobody_but_its_callee() -> None:
    (backend,) = members(WEB, CART).node(WEB)["Backends"]
    assert backend["VirtualService"]["VirtualServiceName"] == "cart.a.internal"
    tls = backend["VirtualService"]["ClientPolicy"]["TLS"]
    assert (tls["Enforce"], names(tls["Validation"])) == (True, ["spiffe://shop-dev/cart"])
    assert tls["Certificate"]["File"]["PrivateKey"] == "/certificates/current/key.pem"


def test_who_is_not_called_does_not_listen() -> None:
    """A listener that looks for no name lets in everybody with a certificate."""
    importer = Service(name="importer", calls=("web",))
    spec = members(WEB, importer).node(importer)
    assert "Listeners" not in spec
    assert "ServiceDiscovery" not in spec
    assert [each.name for each in members(WEB, CART, LONELY).nodes] == ["web", "cart"]


def test_health_is_asked_for_at_the_port_of_the_listener_alone() -> None:
    elsewhere = WEB.model_copy(update={"health": Health(port=9000)})
    (listener,) = members(elsewhere, CART).node(elsewhere)["Listeners"]
    assert "HealthCheck" not in listener
    (listener,) = members(WEB, CART).node(CART)["Listeners"]
    assert listener["HealthCheck"]["Protocol"] == "grpc"
    assert "Path" not in listener["HealthCheck"]
    assert listener["Timeout"] == {
        "GRPC": {"PerRequest": {"Value": 15, "Unit": "s"}, "Idle": {"Value": 300, "Unit": "s"}}
    }


def test_the_gateway_proves_who_it_is_and_asks_services_for_the_same() -> None:
    spec = members(WEB, GATEWAY).gateway_spec(GATEWAY)
    tls = spec["BackendDefaults"]["ClientPolicy"]["TLS"]
    assert (tls["Enforce"], names(tls["Validation"])) == (True, ["spiffe://shop-dev/web"])
    assert spec["Listeners"][0]["TLS"]["Mode"] == "STRICT"


def test_requests_are_recorded_unless_the_file_says_otherwise() -> None:
    assert members(WEB, CART).node(WEB)["Logging"] == {"AccessLog": {"File": {"Path": "/dev/stdout"}}}
    assert "Logging" not in members(WEB, CART, access_logs=False).node(WEB)


KEPT = {"Hostname": {"DefaultTargetHostname": "DISABLED"}}


@pytest.mark.parametrize(
    ("said", "routes"),
    [
        ({"path": ("/",)}, [({"Prefix": "/"}, {"Prefix": {"DefaultPrefix": "DISABLED"}})]),
        (
            {"path": ("/pay",)},
            [({"Prefix": "/pay/"}, {"Prefix": {"DefaultPrefix": "DISABLED"}}), ({"Path": {"Exact": "/pay"}}, {})],
        ),
        (
            {"path": ("/pay",), "strip_prefix": True},
            [
                ({"Prefix": "/pay/"}, {"Prefix": {"Value": "/"}}),
                ({"Path": {"Exact": "/pay"}}, {"Path": {"Exact": "/"}}),
            ],
        ),
        (
            {"host": ("a.example.com", "*.b.example.com")},
            [
                ({"Hostname": {"Exact": "a.example.com"}, "Prefix": "/"}, {"Prefix": {"DefaultPrefix": "DISABLED"}}),
                ({"Hostname": {"Suffix": ".b.example.com"}, "Prefix": "/"}, {"Prefix": {"DefaultPrefix": "DISABLED"}}),
            ],
        ),
    ],
)
def test_the_gateway_hands_over_a_path_and_what_is_below_it(said: dict[str, Any], routes: list[Any]) -> None:
    found = list(gateway_routes(Service(name="web", port=8080, **said)))
    assert [(match, rewrite) for _, match, rewrite in found] == [(match, KEPT | rewrite) for match, rewrite in routes]
    assert len({title for title, _, _ in found}) == len(found)


def test_what_is_no_call_passes_by_envoy() -> None:
    ways = (Egress(cidr="0.0.0.0/0", port=443), Egress(cidr="10.1.0.0/16", port=6379))
    assert ignored_ports(WEB.model_copy(update={"egress": ways}), [5432]) == [443, 5432, 6379]


def test_nobody_finds_a_port_of_envoys_own() -> None:
    doors = members(WEB, CART).doors
    assert (doors.called(CART), doors.balanced(WEB), doors.host(CART)) == (
        {"cart": 8081},
        {"": 8080},
        "cart.a.internal",
    )
