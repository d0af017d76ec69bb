"""What may be released, by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapgen.config.environment import Environment
from tapgen.config.read import read
from tapgen.deploy.releasing import releasable
from tapgen.errors import ConfigError

PLATFORM = """\
name: shop
services:
  web: {port: 8080, path: /web, telemetry: true, sidecars: {cache: {image: "redis:8"}}}
jobs:
  migrate: {image_of: web}
  report: {}
environments:
  dev: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}}
"""


@pytest.fixture
def dev(tmp_path: Path) -> Environment:
    (tmp_path / "tapgen.yaml").write_text(PLATFORM, encoding="utf-8")
    return read(tmp_path / "tapgen.yaml").environments["dev"]


@pytest.mark.parametrize("name", ["web", "web.cache", "report", "tapgen.placeholder"])
def test_what_has_an_image_of_its_own_can_be_released(dev: Environment, name: str) -> None:
    releasable(dev, name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "which service? Say: SERVICE=…\n  = allowed: web, report, web.cache"),
        ("wep", "there is no image 'wep' in dev\n  = allowed: web, report, web.cache\n  = help: did you mean `web`?"),
        ("migrate", "`migrate` runs the image of `web`\n  = help: say it of that: SERVICE=web"),
    ],
)
def test_what_has_none_is_refused_with_what_was_meant(dev: Environment, name: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        releasable(dev, name)
    assert str(refused.value).removeprefix("error: ").replace("\n = ", "\n  = ") == said
