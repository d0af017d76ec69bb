"""What is sent is what is checked in; the root differs in addresses alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tapgen.config.read import read
from tapgen.deploy.artifacts import Artifacts, apart, artifacts
from tapgen.parse import parse
from tapgen.render import render

EXAMPLE = Path(__file__).parents[2] / "tapgen.yaml"


@pytest.fixture(scope="module")
def templates() -> dict[str, str]:
    return {path: text for path, text in render(read(EXAMPLE)).items() if path.startswith("dev/")}


@pytest.fixture
def sent(templates: dict[str, str]) -> Artifacts:
    return artifacts(templates, "bucket", "eu-west-1", "aws")


def test_children_go_as_they_are_under_a_name_with_their_hash(templates: dict[str, str], sent: Artifacts) -> None:
    children = {path: text for path, text in templates.items() if path != "dev/root.yaml"}
    for path, text in children.items():
        key = f"{path.removesuffix('.yaml')}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.yaml"
        assert sent.texts[key] == text
    assert len(sent.texts) == len(templates)


def test_the_root_differs_in_addresses_alone(templates: dict[str, str], sent: Artifacts) -> None:
    pairs = list(zip(templates["dev/root.yaml"].splitlines(), sent.root.splitlines(), strict=True))
    differing = [(old.strip(), new.strip()) for old, new in pairs if old != new]
    nested = parse(templates["dev/root.yaml"])["Resources"]
    assert len(differing) == len(nested) == len(templates) - 1
    for old, new in differing:
        name = old.removeprefix("TemplateURL: ").removesuffix(".yaml")
        address = new.removeprefix("TemplateURL: ")
        base, _, key = address.partition(".com/")
        assert base == "https://bucket.s3.eu-west-1.amazonaws"
        assert sent.texts[key] == templates[f"dev/{name}.yaml"]


def test_the_address_of_the_root_is_that_of_its_text(sent: Artifacts) -> None:
    key = sent.root_url.removeprefix("https://bucket.s3.eu-west-1.amazonaws.com/")
    assert sent.texts[key] == sent.root


def test_what_has_not_changed_keeps_its_name(templates: dict[str, str], sent: Artifacts) -> None:
    changed = {**templates, "dev/network.yaml": templates["dev/network.yaml"] + "# more\n"}
    again = artifacts(changed, "bucket", "eu-west-1", "aws")
    new = again.texts.keys() - sent.texts.keys()
    assert sorted(key.rpartition("-")[0] for key in new) == ["dev/network", "dev/root"]


def test_addresses_in_china_end_as_they_do_there(templates: dict[str, str]) -> None:
    sent = artifacts(templates, "bucket", "cn-north-1", "aws-cn")
    assert sent.root_url.startswith("https://bucket.s3.cn-north-1.amazonaws.com.cn/dev/root-")


def test_what_lies_apart_shares_no_key_with_what_is_deployed(templates: dict[str, str], sent: Artifacts) -> None:
    other = artifacts(apart(templates, "preview.dev"), "bucket", "eu-west-1", "aws")
    assert all(key.startswith("preview.dev/") for key in other.texts)
    assert other.texts.keys().isdisjoint(sent.texts)
    assert other.root != sent.root
    assert other.root.replace("/preview.dev/", "/dev/") == sent.root
