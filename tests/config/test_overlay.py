"""Who wins, and where the winner is written."""

from __future__ import annotations

from typing import Any

import pytest

from tapgen.config.overlay import environment, overlay
from tapgen.config.yaml.source import compose
from tapgen.config.yaml.tree import Node, find, plain


def node(text: str) -> Node:
    return compose(text.encode(), "f.yaml").root


def resolved(text: str, name: str = "dev") -> Node:
    return environment(node(text), name)


@pytest.mark.parametrize(
    ("weak", "strong", "both"),
    [
        ("{a: 1}", "{b: 2}", {"a": 1, "b": 2}),
        ("{a: 1}", "{a: 2}", {"a": 2}),
        ("{a: {b: 1, c: 2}}", "{a: {c: 3}}", {"a": {"b": 1, "c": 3}}),
        ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}),
        ("{a: [1, 2]}", "{a: []}", {"a": []}),
        ("{a: 1}", "{a: null}", {}),
        ("{a: {b: 1}}", "{a: {b: null}}", {"a": {}}),
        ("{a: {b: 1}}", "{a: null}", {}),
        ("{}", "{a: null}", {}),
        ("{a: 1}", "{a: {b: 2}}", {"a": {"b": 2}}),
        ("{a: {b: 2}}", "{a: 1}", {"a": 1}),
        ("{a: 1}", "{a: false}", {"a": False}),
    ],
)
def test_mappings_go_key_by_key_and_null_takes_back(weak: str, strong: str, both: Any) -> None:
    merged = overlay(node(weak), node(strong))
    assert merged
    assert plain(merged) == both


def test_the_order_of_keys_is_that_of_the_weaker() -> None:
    merged = overlay(node("{a: 1, b: 1}"), node("{c: 2, b: 2, a: 2}"))
    assert merged
    assert list(merged.items) == ["a", "b", "c"]


LAYERS = """
defaults: {service: {drain: 1}}
services: {payment: {drain: 2}}
environments:
  dev:
    service: {drain: 3}
    services: {payment: {drain: 4}}
"""


@pytest.mark.parametrize(
    ("without", "drain", "line"),
    [
        ((), 4, 7),
        (("drain: 4",), 3, 6),
        (("drain: 4", "drain: 3"), 2, 3),
        (("drain: 4", "drain: 3", "drain: 2"), 1, 2),
        (("drain: 4", "drain: 2"), 3, 6),
        (("drain: 3", "drain: 2"), 4, 7),
    ],
)
def test_the_most_special_word_about_a_service_wins(without: tuple[str, ...], drain: int, line: int) -> None:
    text = LAYERS
    for words in without:
        text = text.replace(words, "")
    found, rest = find(resolved(text), ("services", "payment", "drain"))
    assert (found.value, found.place.line, rest) == (drain, line, ())


DEPLOYMENTS = """
defaults: {deployment: {strategy: 1}, service: {deployment: {strategy: 3}}}
services: {payment: {deployment: {strategy: 4}}}
environments:
  dev:
    deployment: {strategy: 2}
    service: {deployment: {strategy: 5}}
    services: {payment: {deployment: {strategy: 6}}}
"""


@pytest.mark.parametrize("said", range(1, 7))
def test_whatever_is_said_of_services_is_stronger_than_what_is_said_of_all_deployments(said: int) -> None:
    text = DEPLOYMENTS
    for stronger in range(said + 1, 7):
        text = text.replace(f"strategy: {stronger}", "")
    found, rest = find(resolved(text), ("services", "payment", "deployment", "strategy"))
    assert (found.value, rest) == (said, ())
    assert "deployment" not in (plain(resolved(text)).get("jobs") or {})


def test_an_environment_takes_back_what_the_defaults_say_of_deployments() -> None:
    text = "{defaults: {deployment: {strategy: canary}}, services: {a: {}}, environments: {dev: {deployment: null}}}"
    assert plain(resolved(text), empty=False)["services"] == {"a": {}}


def test_nothing_is_left_where_every_layer_is_silent() -> None:
    text = LAYERS
    for number in range(1, 5):
        text = text.replace(f"drain: {number}", "")
    assert plain(resolved(text)) == {"services": {"payment": {}}, "jobs": {}}


def test_an_environment_overlays_the_defaults_and_not_other_environments() -> None:
    text = """
defaults: {network: {nat: single, zones: 2}, tags: {Team: a}}
services: {payment: {}}
environments:
  dev: {account: 1, tags: null}
  prod: {account: 2, network: {nat: per-az}, protect: true}
"""
    assert plain(resolved(text)) == {
        "network": {"nat": "single", "zones": 2},
        "account": 1,
        "services": {"payment": {}},
        "jobs": {},
    }
    assert plain(resolved(text, "prod"))["network"] == {"nat": "per-az", "zones": 2}


def test_a_service_with_nothing_after_its_name_is_a_service() -> None:
    text = "defaults: {service: {drain: 1}}\nservices:\n  worker:\nenvironments: {dev: {services: {worker: }}}\n"
    assert plain(resolved(text))["services"] == {"worker": {"drain": 1}}


def test_a_service_that_only_an_environment_names_is_none() -> None:
    text = "services: {a: {}}\nenvironments: {dev: {services: {b: {drain: 1}}}}"
    assert plain(resolved(text))["services"] == {"a": {}}


@pytest.mark.parametrize(
    "text",
    [
        "environments: {dev: }",
        "services: 5\nenvironments: {dev: {services: [a]}}",
        "defaults: 1\nenvironments: {dev: {}}",
    ],
)
def test_what_is_not_in_order_is_no_obstacle(text: str) -> None:
    assert plain(resolved(text)).get("services") == {}


def test_a_service_is_where_the_file_names_it_whatever_is_laid_over_it() -> None:
    text = "services: {a: {drain: 1}, b: {}}\nenvironments: {dev: {service: {drain: 2}, services: {b: {drain: 3}}}}"
    services = resolved(text).items["services"].items
    assert services["a"].path == ("services", "a")
    assert services["b"].path == ("environments", "dev", "services", "b")
    assert services["a"].items["drain"].path == ("environments", "dev", "service", "drain")


def test_jobs_are_overlaid_as_services_are_and_by_what_is_said_of_jobs_alone() -> None:
    text = """
defaults: {job: {cpu: 1, memory: 1, spot: true}, service: {cpu: 9}}
jobs: {report: {memory: 2, retries: 2}, migrate: }
environments: {dev: {job: {retries: 3}, jobs: {report: {spot: false}}}}
"""
    assert plain(resolved(text))["jobs"] == {
        "report": {"cpu": 1, "memory": 2, "spot": False, "retries": 3},
        "migrate": {"cpu": 1, "memory": 1, "spot": True, "retries": 3},
    }
