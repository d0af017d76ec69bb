"""The names by which rules judge are those of the template."""

from __future__ import annotations

from typing import Any

import pytest

from tapgen.config.environment import Environment
from tapgen.config.firewall_names import balancer_port_name, call_name, group_name, titles
from tapgen.platform import assemble

PLATFORM: dict[str, Any] = {
    "a": {"port": 80, "path": "/a", "calls": ["b-1", "c"]},
    "b-1": {"port": 80, "path": "/b", "calls": ["a"]},
    "c": {"port": 81, "ports": {"admin": 82}},
    "d": {},
}
SETTINGS: list[dict[str, Any]] = [
    {"network": {"endpoints": "interface"}, "ingress": {"protocol": "http"}},
    {"ingress": {"protocol": "http"}},
    {"services": {"c": {"port": 81}, "d": {"calls": ["c"]}}},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_titles_are_the_resources_of_the_template(settings: dict[str, Any]) -> None:
    said = {"services": PLATFORM, **settings}
    said["services"] = {name: {"name": name, **service} for name, service in said["services"].items()}
    environment = Environment.model_validate(
        {"platform": "shop", "name": "dev", "account": "1" * 12, "region": "eu-west-1", **said}
    )
    made = assemble(environment).templates()["firewall"]["Resources"]
    assert sorted(title for title, _ in titles(environment)) == sorted(made)


def test_names() -> None:
    assert group_name("order-items") == "OrderItemsGroup"
    assert call_name("web", "order-items") == "WebToOrderItems"
    assert call_name("web", "order-items", "admin") == "WebToOrderItemsAdmin"
    assert balancer_port_name(8080) == "LoadBalancerToPort8080"
