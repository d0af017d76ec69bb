"""What the containers of the file wait for in mutual TLS, and what they cannot get at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tapgen.config.read import read
from tapgen.config.types import Name
from tapgen.layers.service.identity import VOLUME
from tapgen.parse import parse
from tapgen.render import render

FILE = """\
name: shop
services:
  web: {port: 8080, path: /, read_only: false, sidecars: {cache: {image: "ghcr.io/example/cache:1", read_only: false}}}
environments:
  dev:
    account: "111111111111"
    region: eu-west-1
    ingress: {protocol: http}
    cluster: {exec: true}
    mesh: {tls: mutual}
"""


@pytest.fixture
def containers(tmp_path: Path) -> dict[str, Any]:
    """Those of a task that somebody may enter, by name."""
    (tmp_path / "tapgen.yaml").write_text(FILE)
    template = parse(render(read(tmp_path / "tapgen.yaml"))["dev/service-web.yaml"])
    definition = template["Resources"]["TaskDefinition"]["Properties"]
    return {each["Name"]: each for each in definition["ContainerDefinitions"]}


@pytest.mark.parametrize("name", ["app", "cache"])
def test_whoever_may_call_waits_for_envoy(containers: dict[str, Any], name: str) -> None:
    assert {"ContainerName": "envoy", "Condition": "HEALTHY"} in containers[name]["DependsOn"]


def test_nobody_enters_what_holds_the_key(containers: dict[str, Any]) -> None:
    dropped = {name for name, each in containers.items() if "Capabilities" in each["LinuxParameters"]}
    assert dropped == {"envoy", "certificates"}


def test_no_volume_of_the_file_is_that_of_the_certificates() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(VOLUME)
