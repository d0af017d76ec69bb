"""Which images of others an environment needs in its registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapgen.config.image_names import BESIDE
from tapgen.config.read import read
from tapgen.deploy.images.bringing import wanted

HERE = 'environments: {dev: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}, mesh: {tls: %s}}}'
FILE = "name: shop\nservices: {web: {port: 8080, path: /, telemetry: %s}, idle: {port: 8081}}\n" + HERE


@pytest.mark.parametrize(
    ("tls", "telemetry", "names"),
    [
        ("off", "false", []),
        ("on", "true", ["tapgen.otel"]),
        ("mutual", "false", ["tapgen.envoy", "tapgen.certificates"]),
        ("mutual", "true", ["tapgen.otel", "tapgen.envoy", "tapgen.certificates"]),
    ],
)
def test_what_runs_beside_services_is_copied_too(tls: str, telemetry: str, names: list[str], tmp_path: Path) -> None:
    (tmp_path / "tapgen.yaml").write_text(FILE % (telemetry, tls))
    environment = read(tmp_path / "tapgen.yaml").environments["dev"]
    assert wanted(environment, tmp_path).mirrored == {name: BESIDE[name] for name in names}
