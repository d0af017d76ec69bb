"""Where tasks pull their images from: the registry, elsewhere as written, or the placeholder; and what that takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapgen import placeholder
from tapgen.config.read import read
from tapgen.parse import parse
from tapgen.render import render

DIGEST = "sha256:" + "a" * 64
SECRET = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:hub-AbCdEf"
REGISTRY = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
REPOSITORIES = "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository"
Template = dict[str, Any]


@pytest.fixture
def template(tmp_path: Path) -> Callable[..., Template]:
    def of(said: dict[str, Any], **digests: str) -> Template:
        here = {"account": "111111111111", "region": "eu-west-1", "ingress": {"protocol": "http"}}
        raw = {"name": "shop", "services": {"web": {"port": 8080, **said}}, "environments": {"dev": here}}
        (tmp_path / "tapgen.yaml").write_text(json.dumps(raw))
        named = {name.replace("_", "."): digest for name, digest in digests.items()}
        (tmp_path / "tapgen.images.yaml").write_text(json.dumps({"dev": named}))
        found: Template = parse(render(read(tmp_path / "tapgen.yaml"))["dev/service-web.yaml"])
        return found

    return of


def runs(template: Template) -> dict[str, Any]:
    return containers(template)["app"]


def containers(template: Template) -> dict[str, dict[str, Any]]:
    found = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    return {each["Name"]: each for each in found}


def allowed(template: Template) -> dict[str, Any]:
    """What the execution role may do, by the name of the statement."""
    (policy,) = template["Resources"]["ExecutionRole"]["Properties"]["Policies"]
    return {each["Sid"]: each["Resource"] for each in policy["PolicyDocument"]["Statement"]}


def test_an_image_elsewhere_is_named_as_written_and_runs_its_own_command(template: Callable[..., Template]) -> None:
    found = template({"image": "ghcr.io/example/web:1.4"})
    assert runs(found)["Image"] == "ghcr.io/example/web:1.4"
    assert "Command" not in runs(found)
    assert "RepositoryCredentials" not in runs(found)
    assert "LogInWhereItsImageIs" not in allowed(found)


def test_a_private_image_is_pulled_with_its_secret(template: Callable[..., Template]) -> None:
    found = template({"image": "registry.example.com:5000/web:1.4", "image_credentials": SECRET})
    assert runs(found)["RepositoryCredentials"] == {"CredentialsParameter": SECRET}
    assert allowed(found)["LogInWhereItsImageIs"] == [SECRET]


def test_a_mirrored_image_is_pulled_from_the_registry_without_any_secret(template: Callable[..., Template]) -> None:
    found = template({"image": "registry.example.com/web:1.4", "image_credentials": SECRET}, web=DIGEST)
    assert runs(found)["Image"] == {"Fn::Sub": f"{REGISTRY}/shop/web@{DIGEST}"}
    assert "RepositoryCredentials" not in runs(found)
    assert "LogInWhereItsImageIs" not in allowed(found)
    assert allowed(found)["PullItsOwnImage"] == [{"Fn::Sub": f"{REPOSITORIES}/shop/web"}]


@pytest.mark.parametrize("version", [":1.4", f"@{DIGEST}", f":1.4@{DIGEST}"])
def test_an_image_in_another_repository_of_ecr_may_be_pulled_from_there(
    version: str, template: Callable[..., Template]
) -> None:
    reference = f"222222222222.dkr.ecr.eu-west-2.amazonaws.com/team/web{version}"
    found = template({"image": reference})
    assert runs(found)["Image"] == reference
    assert allowed(found)["PullItsOwnImage"] == [
        {"Fn::Sub": "arn:${AWS::Partition}:ecr:eu-west-2:222222222222:repository/team/web"}
    ]


def test_the_placeholder_comes_from_the_registry_once_it_is_there(template: Callable[..., Template]) -> None:
    assert runs(template({}))["Image"] == placeholder.IMAGE
    found = template({}, tapgen_placeholder=DIGEST)
    assert runs(found)["Image"] == {"Fn::Sub": f"{REGISTRY}/shop/tapgen.placeholder@{DIGEST}"}
    assert runs(found)["Command"] == placeholder.command()
    assert allowed(found)["PullItsOwnImage"] == [{"Fn::Sub": f"{REPOSITORIES}/shop/tapgen.placeholder"}]


def test_nobody_may_pull_the_placeholder_who_does_not_run_it(template: Callable[..., Template]) -> None:
    found = template({}, web=DIGEST, tapgen_placeholder=DIGEST)
    assert allowed(found)["PullItsOwnImage"] == [{"Fn::Sub": f"{REPOSITORIES}/shop/web"}]


def test_side_cars_and_the_collector_come_from_the_registry_once_they_are_there(
    template: Callable[..., Template],
) -> None:
    ecr = "222222222222.dkr.ecr.eu-west-2.amazonaws.com/team/agent:1"
    said = {"telemetry": True, "sidecars": {"proxy": {"image": "envoy:1"}, "agent": {"image": ecr}}}
    found = template(said)
    images = {name: each["Image"] for name, each in containers(found).items()}
    assert (images["proxy"], images["agent"]) == ("envoy:1", ecr)
    assert images["telemetry"].startswith("public.ecr.aws/")
    elsewhere = {"Fn::Sub": "arn:${AWS::Partition}:ecr:eu-west-2:222222222222:repository/team/agent"}
    assert allowed(found)["PullWhatRunsBeside"] == [elsewhere]
    found = template(said, web_proxy=DIGEST, web_agent=DIGEST, tapgen_otel=DIGEST)
    names = {"proxy": "web.proxy", "agent": "web.agent", "telemetry": "tapgen.otel"}
    images = {name: each["Image"] for name, each in containers(found).items()}
    for container, image in names.items():
        assert images[container] == {"Fn::Sub": f"{REGISTRY}/shop/{image}@{DIGEST}"}
    repositories = [{"Fn::Sub": f"{REPOSITORIES}/shop/{image}"} for image in names.values()]
    assert allowed(found)["PullWhatRunsBeside"] == repositories
    assert "PullWhatRunsBeside" not in allowed(template({}))
