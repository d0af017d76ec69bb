"""What a task runs once its service has an image, and how it is asked for its health."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapgen.config.read import read
from tapgen.parse import parse
from tapgen.render import render

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def container(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def of(image: bool, **said: Any) -> dict[str, Any]:
        here = {"account": "111111111111", "region": "eu-west-1", "ingress": {"protocol": "http"}}
        raw = {"name": "shop", "services": {"web": said}, "environments": {"dev": here}}
        (tmp_path / "tapgen.yaml").write_text(json.dumps(raw))
        (tmp_path / "tapgen.images.yaml").write_text(json.dumps({"dev": {"web": DIGEST}} if image else {}))
        template = parse(render(read(tmp_path / "tapgen.yaml"))["dev/service-web.yaml"])
        found: dict[str, Any] = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
        return found

    return of


def names(container: dict[str, Any]) -> list[str]:
    return [variable["Name"] for variable in container["Environment"]]


def test_an_image_is_named_by_digest_and_runs_its_own_command(container: Callable[..., dict[str, Any]]) -> None:
    runs = container(image=True, port=8080, path="/web")
    registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
    assert runs["Image"] == {"Fn::Sub": f"{registry}/shop/web@{DIGEST}"}
    assert "Command" not in runs
    assert names(runs) == ["SERVICE_NAME", "ENVIRONMENT", "PORT"]


def test_an_image_is_asked_for_its_health_by_what_it_has(container: Callable[..., dict[str, Any]]) -> None:
    (kind, command) = container(image=True, port=8080, health={"path": "/up"})["HealthCheck"]["Command"]
    assert kind == "CMD-SHELL"
    assert command.count("http://127.0.0.1:8080/up") == 2
    assert command.endswith("|| exit 1")


@pytest.mark.parametrize(("said", "expected"), [(["/probe", "-q"], ["CMD", "/probe", "-q"]), ([], None)])
def test_a_command_that_is_said_is_taken_and_an_empty_one_means_no_check(
    said: list[str], expected: list[str] | None, container: Callable[..., dict[str, Any]]
) -> None:
    check = container(image=True, port=8080, health={"container": {"command": said}}).get("HealthCheck", {})
    assert check.get("Command") == expected


def test_the_placeholder_learns_every_port_and_no_prefix_that_is_stripped(
    container: Callable[..., dict[str, Any]],
) -> None:
    runs = container(image=False, port=8080, ports={"admin": 9000}, path="/web", strip_prefix=True)
    told = {variable["Name"]: variable["Value"] for variable in runs["Environment"]}
    assert told["PORTS"] == "9000"
    assert "PATH_PREFIXES" not in told


def test_what_the_file_says_comes_last(container: Callable[..., dict[str, Any]]) -> None:
    runs = container(image=False, port=8080, env={"LEVEL": "debug", "HEALTH_PATH": "/up"})
    assert {"Name": "HEALTH_PATH", "Value": "/up"} in runs["Environment"]
    assert names(runs).count("HEALTH_PATH") == 1


def test_http2_is_asked_without_tls_and_grpc_by_nobody_unless_it_is_said(
    container: Callable[..., dict[str, Any]],
) -> None:
    (_, command) = container(image=True, port=8080, protocol="http2")["HealthCheck"]["Command"]
    assert command == "curl -fsS --http2-prior-knowledge -o /dev/null http://127.0.0.1:8080/health || exit 1"
    assert "HealthCheck" not in container(image=True, port=8080, protocol="grpc")
    said = {"container": {"command": ["grpc_health_probe"]}}
    asked = container(image=True, port=8080, protocol="grpc", health=said)
    assert asked["HealthCheck"]["Command"] == ["CMD", "grpc_health_probe"]


@pytest.mark.parametrize("protocol", ["http2", "grpc"])
def test_the_placeholder_speaks_the_protocol_and_listens_where_it_is_asked(
    protocol: str, container: Callable[..., dict[str, Any]]
) -> None:
    runs = container(image=False, port=8080, ports={"admin": 9000}, protocol=protocol, health={"port": 8090})
    told = {variable["Name"]: variable["Value"] for variable in runs["Environment"]}
    assert (told["PROTOCOL"], told["PORTS"]) == (protocol, "9000,8090")
    assert "async def http2(" in runs["Command"][2]
    assert runs["HealthCheck"]["Command"][:2] == ["CMD", "python3"]
    assert [(each["Name"], each["AppProtocol"]) for each in runs["PortMappings"]] == [
        ("web", protocol),
        ("admin", "http"),
    ]


def test_health_is_asked_for_at_the_port_that_is_said(container: Callable[..., dict[str, Any]]) -> None:
    (_, command) = container(image=True, port=8080, health={"port": 8090})["HealthCheck"]["Command"]
    assert command.count("http://127.0.0.1:8090/health") == 2
