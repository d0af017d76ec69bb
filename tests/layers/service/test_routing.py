"""How requests reach a service, and with which path they arrive."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from troposphere import Template

from tapgen.config.mesh import Doors, Tls
from tapgen.config.priority import EVERY
from tapgen.config.service import Service
from tapgen.kinds import Text, VpcId
from tapgen.layers.ingress import Ingress
from tapgen.layers.service.routing import route

INGRESS = Ingress.Outputs(
    listener_arn=Text("arn:listener"),
    test=None,
    load_balancer_name=Text("app/shop/1"),
    dns_name=Text("shop.example.com"),
    url=Text("https://x/"),
    priorities=EVERY,
)


def routed(tls: Tls = "off", *, plain_balancer: bool = False, **said: Any) -> dict[str, Any]:
    """The target group and the listener rule of a service, by name."""
    template = Template()
    service = Service(**{"name": "payment", "port": 8080, **said})
    doors = Doors(tls, plain_balancer, services={"payment": service})
    route(template, service, VpcId("vpc-1"), INGRESS, doors)
    resources: dict[str, Any] = template.to_dict()["Resources"]
    return {name: resource["Properties"] for name, resource in resources.items()}


def rule(**said: Any) -> Any:
    """The listener rule of a service."""
    (found,) = (properties for name, properties in routed(**said).items() if name.startswith("ListenerRule"))
    return found


def patterns(path: str) -> list[str]:
    values: list[str] = rule(path=path)["Conditions"][0]["PathPatternConfig"]["Values"]
    return values


def arrives(said: str, asked: str) -> str:
    """The path with which a request arrives at a container, its prefix stripped."""
    (transform,) = rule(path=said, strip_prefix=True)["Transforms"]
    assert transform["Type"] == "url-rewrite"
    (rewrite,) = transform["UrlRewriteConfig"]["Rewrites"]
    return re.sub(rewrite["Regex"], rewrite["Replace"].replace("$1", r"\1"), asked)


@pytest.mark.parametrize(
    ("said", "asked", "matches"),
    [
        ("/payment", "/payment", True),
        ("/payment", "/payment/", True),
        ("/payment", "/payment/7", True),
        ("/payment", "/payments", False),
        ("/payment", "/", False),
        ("/api/orders", "/api/orders/1/items", True),
        ("/api/orders", "/api", False),
        ("/", "/", True),
        ("/", "/anything/at/all", True),
    ],
)
def test_a_path_and_all_below_it_are_matched(said: str, asked: str, matches: bool) -> None:
    assert any(fnmatchcase(asked, pattern) for pattern in patterns(said)) is matches


HOSTS = ["shop.example.com", "*.shop.example.com", "shop.example.org"]


def test_no_rule_needs_more_wildcards_or_values_than_there_may_be() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html."""
    assert patterns("/payment") == ["/payment", "/payment/*"]
    assert patterns("/") == ["/*"]
    hosts, paths = rule(path="/payment", host=HOSTS)["Conditions"]
    values = hosts["HostHeaderConfig"]["Values"] + paths["PathPatternConfig"]["Values"]
    assert len(values) == 5
    assert "".join(values).count("*") <= 6


def rules(**said: Any) -> dict[str, Any]:
    """Every rule of a service, by name."""
    return {name: found for name, found in routed(**said).items() if name.startswith("ListenerRule")}


def test_another_path_leaves_every_other_rule_as_it_was() -> None:
    few = rules(path=["/shop", "/cart"])
    more = rules(path=["/api/v1.0", "/shop", "/", "/cart"])
    assert list(more) == ["ListenerRuleApiV10", "ListenerRuleShop", "ListenerRule", "ListenerRuleCart"]
    assert few.items() <= more.items()


def test_all_hosts_stand_in_every_rule() -> None:
    found = rules(path=["/shop", "/cart"], host=HOSTS[:2])
    for name, pattern in (("Shop", "/shop"), ("Cart", "/cart")):
        hosts, paths = found[f"ListenerRule{name}"]["Conditions"]
        assert (hosts["Field"], hosts["HostHeaderConfig"]["Values"]) == ("host-header", HOSTS[:2])
        assert (paths["Field"], paths["PathPatternConfig"]["Values"]) == ("path-pattern", [pattern, f"{pattern}/*"])


@pytest.mark.parametrize("said", [{"host": HOSTS[0]}, {"host": HOSTS[0], "path": "/"}])
def test_a_host_without_a_path_is_everything_there(said: dict[str, Any]) -> None:
    (condition,) = rule(**said)["Conditions"]
    assert condition["HostHeaderConfig"]["Values"] == HOSTS[:1]


def test_each_path_is_stripped_for_itself() -> None:
    found = rules(path=["/shop", "/", "/cart"], strip_prefix=True)
    regexes = {
        name: each["Transforms"][0]["UrlRewriteConfig"]["Rewrites"][0]["Regex"]
        for name, each in found.items()
        if "Transforms" in each
    }
    assert regexes == {"ListenerRuleShop": "^/shop/?(.*)$", "ListenerRuleCart": "^/cart/?(.*)$"}


@pytest.mark.parametrize(
    ("said", "asked", "arrived"),
    [
        ("/payment", "/payment", "/"),
        ("/payment", "/payment/", "/"),
        ("/payment", "/payment/7", "/7"),
        ("/payment", "/payment/7/refund", "/7/refund"),
        ("/payment", "/payment/payment", "/payment"),
        ("/v1.0/pay-ments", "/v1.0/pay-ments/7", "/7"),
        ("/v1.0", "/v1x0/7", "/v1x0/7"),
        ("/api/orders", "/api/orders/1", "/1"),
    ],
)
def test_a_stripped_prefix_is_gone_when_the_request_arrives(said: str, asked: str, arrived: str) -> None:
    assert arrives(said, asked) == arrived


@pytest.mark.parametrize("said", [{"path": "/payment"}, {"path": "/", "strip_prefix": True}])
def test_what_has_no_prefix_to_strip_is_left_alone(said: dict[str, Any]) -> None:
    assert "Transforms" not in rule(**said)


def test_a_regex_has_nothing_that_load_balancers_do_not_know() -> None:
    """No look-around and no references back.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
    """
    (transform,) = rule(path="/a.b_c~d-e", strip_prefix=True)["Transforms"]
    (rewrite,) = transform["UrlRewriteConfig"]["Rewrites"]
    assert not re.search(r"\(\?|\\[0-9]", rewrite["Regex"])
    assert len(rewrite["Regex"]) <= 1024


CREATE_ONLY = {"Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId"}
"""What cannot change without another target group.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html
"""


@pytest.mark.parametrize(
    "said",
    [{"port": 9090}, {"path": "/pay"}, {"health": {"path": "/up"}}, {"drain": 20}, {"name": "pay"}, {"cpu": 512}],
)
def test_nothing_that_a_service_says_replaces_its_target_group(said: dict[str, Any]) -> None:
    """ECS registers each task with a port of its own, so the group's is never used, and the same for all."""
    before, after = (routed(**{"path": "/payment", **each})["TargetGroup"] for each in ({}, said))
    assert [before.get(key) for key in CREATE_ONLY] == [after.get(key) for key in CREATE_ONLY]
    assert after["Port"] == 80
    assert "HealthCheckPort" not in after, "tasks are asked where they listen"


BANDS = {
    "/": (50_000, 50_000),
    "/payment": (27_000, 49_999),
    "/api/orders": (22_000, 26_999),
    "/api/orders/archive": (20_500, 21_999),
    "/a/b/c/d": (20_000, 20_499),
    "/a/b/c/d/e": (20_000, 20_499),
}


@pytest.mark.parametrize("path", BANDS)
def test_more_specific_paths_are_tried_first(path: str) -> None:
    low, high = BANDS[path]
    assert low <= rule(path=path)["Priority"] <= high


def test_a_priority_that_is_said_is_taken() -> None:
    assert rule(path="/payment", priority={"/payment": 7})["Priority"] == 7


def test_rules_of_a_host_are_tried_first_and_those_of_patterns_next() -> None:
    named, wildcard, anywhere = (
        [rule(path=path, **host)["Priority"] for path in (*BANDS,)]
        for host in ({"host": HOSTS[0]}, {"host": HOSTS[:2]}, {})
    )
    assert max(named) < min(wildcard) <= max(wildcard) < min(anywhere)
    assert named[:5] == sorted(named[:5], reverse=True)
    assert wildcard[:5] == sorted(wildcard[:5], reverse=True)


def test_a_priority_follows_from_the_path_and_the_hosts_alone() -> None:
    """Pinned: another number would move the rules of everybody."""
    assert [rule(path=path)["Priority"] for path in ("/payment", "/order")] == [42685, 48297]
    assert rule(path="/payment")["Priority"] == rule(path="/payment", cpu=256)["Priority"]
    assert rule(host=HOSTS)["Priority"] == rule(host=HOSTS[::-1])["Priority"] == 19733


def target(**said: Any) -> Any:
    """The target group of a service."""
    return routed(path="/", **said)["TargetGroup"]


@pytest.mark.parametrize(
    ("protocol", "version", "path", "matcher"),
    [
        ("http", None, "/health", {"HttpCode": "200"}),
        ("http2", "HTTP2", "/health", {"HttpCode": "200"}),
        ("grpc", "GRPC", "/grpc.health.v1.Health/Check", {"GrpcCode": "0"}),
    ],
)
def test_tasks_are_spoken_to_and_asked_for_their_health_in_their_protocol(
    protocol: str, version: str | None, path: str, matcher: dict[str, str]
) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html."""
    group = target(protocol=protocol)
    assert (group["Protocol"], group.get("ProtocolVersion")) == ("HTTP", version)
    assert (group["HealthCheckPath"], group["Matcher"]) == (path, matcher)


def test_what_the_file_says_of_health_is_taken() -> None:
    group = target(protocol="grpc", health={"path": "/a.B/C", "port": 9000, "target": {"status": "0,12"}})
    assert (group["HealthCheckPath"], group["HealthCheckPort"]) == ("/a.B/C", "9000")
    assert group["Matcher"] == {"GrpcCode": "0,12"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {"slow_start.duration_seconds": "0", "stickiness.enabled": "false"}),
        ({"slow_start": 45}, {"slow_start.duration_seconds": "45", "stickiness.enabled": "false"}),
        (
            {"sticky": 60},
            {
                "slow_start.duration_seconds": "0",
                "stickiness.enabled": "true",
                "stickiness.type": "lb_cookie",
                "stickiness.lb_cookie.duration_seconds": "60",
            },
        ),
    ],
)
def test_attributes_say_what_is_off_too(said: dict[str, Any], expected: dict[str, str]) -> None:
    attributes = {each["Key"]: each["Value"] for each in target(**said)["TargetGroupAttributes"]}
    assert attributes == {"deregistration_delay.timeout_seconds": "30", **expected}


ELSEWHERE, NAMED = {"health": {"port": 9090}}, {"health": {"port": 9090}, "ports": {"admin": 9090}}


@pytest.mark.parametrize(
    ("tls", "plain_balancer", "said", "expected"),
    [
        ("off", False, {}, ("HTTP", None, None)),
        ("off", False, ELSEWHERE, ("HTTP", None, "9090")),
        ("on", False, {}, ("HTTPS", "HTTPS", None)),
        ("on", False, NAMED, ("HTTPS", "HTTPS", "9090")),
        ("on", False, ELSEWHERE, ("HTTPS", "HTTP", "9090")),
        ("on", True, {}, ("HTTP", None, None)),
        ("on", True, NAMED, ("HTTP", None, "9090")),
        ("mutual", False, {}, ("HTTPS", "HTTPS", None)),
        ("mutual", True, ELSEWHERE, ("HTTPS", "HTTPS", "15101")),
    ],
)
def test_health_is_asked_for_in_what_answers_there(
    tls: Tls, plain_balancer: bool, said: dict[str, Any], expected: tuple[str, str | None, str | None]
) -> None:
    """Nothing but HTTP, where nothing is said: a group that speaks HTTPS would find no task healthy.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    """
    group = routed(tls, plain_balancer=plain_balancer, path="/payment", **said)["TargetGroup"]
    assert (group["Protocol"], group.get("HealthCheckProtocol"), group.get("HealthCheckPort")) == expected
