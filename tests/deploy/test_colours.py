"""What an update would make of a service with two colours, read from its templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tapgen.config.read import read
from tapgen.deploy import colours, stacks
from tapgen.deploy.aws import Aws
from tapgen.deploy.colours import Coloured, look
from tapgen.deploy.guard import RefusedError
from tapgen.deploy.stacks import Stack
from tapgen.render import render

PLATFORM = """
name: shop
services: {web: {port: 8080, path: /web, deployment: {strategy: blue-green}}, api: {port: 8081}}
environments:
  dev: {account: "111111111111", region: eu-west-1, ingress: {protocol: http}}
"""


def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, *changes: tuple[str, str]) -> list[Coloured]:
    """What is found where PLATFORM is deployed, and would be deployed with *changes*."""

    def rendered(text: str) -> Mapping[str, str]:
        (tmp_path / "tapgen.yaml").write_text(text)
        return render(read(tmp_path / "tapgen.yaml"))

    deployed, text = rendered(PLATFORM), PLATFORM
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    names = {"Ingress": "dev/ingress.yaml", "ServiceWeb": "dev/service-web.yaml", "ServiceApi": "dev/service-api.yaml"}
    monkeypatch.setattr(stacks, "nested", lambda _aws, _root: {name: name for name in names})
    monkeypatch.setattr(stacks, "template", lambda _aws, stack: deployed[names.get(stack, "dev/root.yaml")])
    root = Stack(
        "shop-dev", "shop-dev", "UPDATE_COMPLETE", "", {}, {"LiveColorWeb": "green"}, protected=False, root_id=""
    )
    templates = rendered(text)
    environment = read(tmp_path / "tapgen.yaml").environments["dev"]
    return look(Aws("eu-west-1"), root, environment, templates)


@pytest.mark.parametrize(
    ("change", "written", "lost", "redeployed"),
    [
        (("path: /web", "path: /web, drain: 7"), [], [], False),
        (("path: /web", "path: /web, cpu: 2048, memory: 4096"), [], [], True),
        (("path: /web", "path: /web, priority: {/web: 7}"), ["ProductionRule", "TestRule"], [], False),
        (("path: /web", "path: /shop, priority: {/shop: 7}"), ["ProductionRule", "TestRule"], [], True),
        (("strategy: blue-green", "strategy: canary"), [], [], True),
        (("strategy: blue-green", "strategy: blue-green, bake_minutes: 1"), [], [], False),
        (
            ("strategy: blue-green", "strategy: rolling"),
            [],
            ["ProductionRule", "TestRule", "AlternateTargetGroup"],
            True,
        ),
        (
            ("ingress: {protocol: http}", "ingress: {hosted_zone: Z1, domain: a.example.com}"),
            ["ProductionRule", "TestRule"],
            ["ProductionRule"],
            False,
        ),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else None,
)
def test_what_would_become_of_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    change: tuple[str, str],
    written: list[str],
    lost: list[str],
    redeployed: bool,
) -> None:
    found = seen(monkeypatch, tmp_path, change)
    if (written, lost, redeployed) == ([], [], False):
        assert all((each.written, each.lost, each.redeployed) == ([], [], False) for each in found)
        colours.refuse(found)
        return
    (web,) = found
    assert (web.name, web.parameter, web.believed) == ("web", "LiveColorWeb", "green")
    assert (web.lost, web.redeployed) == (lost, redeployed)
    assert web.written == written or lost
    if lost or (written and redeployed):
        with pytest.raises(RefusedError, match="web would"):
            colours.refuse(found)
    else:
        colours.refuse(found)


def test_a_service_that_stays_as_it_is_is_not_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    assert seen(monkeypatch, tmp_path) == []
    assert seen(monkeypatch, tmp_path, ("api: {port: 8081}", "api: {port: 8082}")) == []
