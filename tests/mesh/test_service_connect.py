"""What AWS says of Service Connect, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from troposphere import Ref, ecs

from tapgen.config.mesh import Doors, Mesh, Tls
from tapgen.config.service import Service
from tapgen.kinds import Text
from tapgen.mesh.service_connect import Authority, Joining

AUTHORITY = Authority(Text("arn:authority"), Text("arn:key"), Text("arn:role"))
LOGS = ecs.LogConfiguration(LogDriver="awslogs")
SERVICES: dict[str, dict[str, Any]] = {
    "web": {"port": 8080, "path": "/", "calls": ["cart"]},
    "cart": {"port": 7070, "ports": {"admin": 9090}, "protocol": "grpc"},
    "importer": {"calls": ["cart"]},
    "worker": {},
}


def joining(name: str, tls: Tls, *, plain_balancer: bool = False, **mesh: Any) -> Joining:
    services = {each: Service(name=each, **said) for each, said in SERVICES.items()}
    return Joining(services[name], Mesh(tls=tls, **mesh), Doors(tls, plain_balancer, services), AUTHORITY)


def configured(name: str, tls: Tls, *, plain_balancer: bool = False, **mesh: Any) -> dict[str, Any]:
    found = joining(name, tls, plain_balancer=plain_balancer, **mesh).configuration(Ref("Namespace"), LOGS)
    assert found
    said: dict[str, Any] = found.to_dict()
    return said


def mapped(name: str, tls: Tls) -> list[dict[str, Any]]:
    return [mapping.to_dict() for mapping in joining(name, tls).port_mappings()]


@pytest.mark.parametrize("tls", ["off", "on", "mutual"])
def test_a_service_that_only_calls_is_a_client(tls: Tls) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html."""
    said = configured("importer", tls)
    assert said["Enabled"] is True
    assert "Services" not in said


@pytest.mark.parametrize("tls", ["off", "on", "mutual"])
def test_whoever_neither_calls_nor_can_be_called_stays_outside(tls: Tls) -> None:
    assert joining("worker", tls).configuration(Ref("Namespace"), LOGS) is None


def test_a_service_that_nobody_calls_offers_nothing_in_mutual_tls() -> None:
    assert "Services" not in configured("web", "mutual")
    assert mapped("web", "mutual") == []


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        ("off", [("cart", 7070, "grpc"), ("admin", 9090, "http")]),
        ("on", [("cart", 7070, "grpc"), ("admin", 9090, "http")]),
        ("mutual", [("cart", 15000, None), ("admin", 15001, None)]),
    ],
)
def test_proxies_see_requests_unless_they_are_encrypted_before(
    tls: Tls, expected: list[tuple[str, int, str | None]]
) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html."""
    found = mapped("cart", tls)
    assert [(each["Name"], each["ContainerPort"], each.get("AppProtocol")) for each in found] == expected


@pytest.mark.parametrize("tls", ["off", "on", "mutual"])
def test_callers_use_the_names_and_ports_of_the_file_in_every_mode(tls: Tls) -> None:
    """A discovery name is unique in its namespace; an alias is not.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectService.html
    """
    said = configured("cart", tls)["Services"]
    assert [each["PortName"] for each in said] == ["cart", "admin"] == [each["Name"] for each in mapped("cart", tls)]
    assert [each["DiscoveryName"] for each in said] == ["cart", "cart-admin"]
    assert [each["ClientAliases"] for each in said] == [
        [{"DnsName": "cart", "Port": 7070}],
        [{"DnsName": "cart", "Port": 9090}],
    ]


def test_certificates_are_issued_by_the_authority_with_the_role_and_the_key() -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectTlsConfiguration.html."""
    for each in configured("cart", "on")["Services"]:
        assert each["Tls"] == {
            "IssuerCertificateAuthority": {"AwsPcaAuthorityArn": "arn:authority"},
            "KmsKey": "arn:key",
            "RoleArn": "arn:role",
        }


@pytest.mark.parametrize("tls", ["off", "mutual"])
def test_service_connect_gets_no_certificates_where_it_does_not_encrypt(tls: Tls) -> None:
    assert not any("Tls" in each for each in configured("cart", tls)["Services"])


@pytest.mark.parametrize(
    ("name", "tls", "plain_balancer", "port"),
    [
        ("web", "off", True, None),
        ("web", "on", False, None),
        ("web", "on", True, 15000),
        ("cart", "on", True, None),
    ],
)
def test_a_load_balancer_that_speaks_http_goes_past_a_proxy_that_expects_tls(
    name: str, tls: Tls, plain_balancer: bool, port: int | None
) -> None:
    """Otherwise the proxy takes what comes to the port of the container, and only TLS.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
    """
    said = configured(name, tls, plain_balancer=plain_balancer)["Services"][0]
    assert said.get("IngressPortOverride") == port


@pytest.mark.parametrize("tls", ["off", "on"])
def test_requests_are_cut_and_recorded_without_their_queries(tls: Tls) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-envoy-access-logs.html."""
    said = configured("cart", tls, request_timeout=20, idle_timeout=30)
    assert said["AccessLogConfiguration"] == {"Format": "JSON", "IncludeQueryParameters": "DISABLED"}
    assert "LogConfiguration" in said, "without which there are no access logs"
    for each in said["Services"]:
        assert each["Timeout"] == {"IdleTimeoutSeconds": 30, "PerRequestTimeoutSeconds": 20}


def test_bytes_are_neither_cut_as_requests_nor_recorded() -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TimeoutConfiguration.html."""
    said = configured("cart", "mutual")
    assert "AccessLogConfiguration" not in said
    assert not any("Timeout" in each for each in said["Services"])


def test_nothing_is_recorded_where_nobody_wants_it() -> None:
    assert "AccessLogConfiguration" not in configured("cart", "on", access_logs=False)
