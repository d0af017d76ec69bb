"""Where tasks are reached, mode by mode: every port of every door, and how much room the doors take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapgen.config.mesh import ADMIN, BALANCED, RESERVED, Doors, Tls
from tapgen.config.rules.mesh import MOST_CALLED
from tapgen.config.service import Health, Service

SERVICES: Mapping[str, Mapping[str, Any]] = {
    "web": {"port": 8080, "path": "/", "calls": ["cart"], "health": {"port": 8090}},
    "cart": {"port": 8081, "ports": {"admin": 9090}, "calls": ["stock"]},
    "stock": {"port": 8082},
    "importer": {"calls": ["cart", "stock"]},
    "events": {"port": 8443, "path": "/events"},
    "named": {"port": 8444, "ports": {"health": 8445}, "path": "/named", "health": {"port": 8445}},
    "report": {"port": 8085},
    "worker": {},
}


def doors(tls: Tls, *, plain_balancer: bool = False) -> Doors:
    return Doors(tls, plain_balancer, {name: Service(name=name, **said) for name, said in SERVICES.items()})


def each(tls: Tls, what: str, *, plain_balancer: bool = False) -> dict[str, Any]:
    """What doors say of every service that they say something of."""
    known = doors(tls, plain_balancer=plain_balancer)
    said = {name: getattr(known, what)(service) for name, service in known.services.items()}
    return {name: answer for name, answer in said.items() if answer}


OWN = {name: {name: said["port"], **said.get("ports", {})} for name, said in SERVICES.items() if "port" in said}


@pytest.mark.parametrize(
    ("tls", "plain_balancer", "expected"),
    [
        ("off", True, OWN),
        ("on", False, OWN),
        (
            "on",
            True,
            OWN | {"web": {"web": 15000}, "events": {"events": 15000}, "named": {"named": 15000, "health": 15001}},
        ),
        ("mutual", False, {"cart": {"cart": 15000, "admin": 15001}, "stock": {"stock": 15000}}),
        ("mutual", True, {"cart": {"cart": 15000, "admin": 15001}, "stock": {"stock": 15000}}),
    ],
)
def test_callers_find_a_service_at_its_ports_or_at_those_of_a_proxy(
    tls: Tls, plain_balancer: bool, expected: dict[str, Any]
) -> None:
    """A proxy of its own lets nobody in where nobody calls."""
    assert each(tls, "called", plain_balancer=plain_balancer) == expected


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        *(
            (tls, {"web": {"": 8080, "health": 8090}, "events": {"": 8443}, "named": {"": 8444, "health": 8445}})
            for tls in ("off", "on")
        ),
        ("mutual", {"web": BALANCED, "events": {"": 15100}, "named": BALANCED}),
    ],
)
def test_the_load_balancer_has_ports_of_its_own_where_it_shows_no_certificate(tls: Tls, expected: Any) -> None:
    found = each(tls, "balanced")
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("tls", "plain_balancer", "expected"),
    [
        ("off", False, set()),
        ("on", False, {("web", ""), ("events", ""), ("named", ""), ("named", "health")}),
        ("on", True, set()),
        ("mutual", True, {(name, purpose) for name in ("web", "events", "named") for purpose in ("", "health")}),
    ],
)
def test_the_load_balancer_speaks_tls_where_a_proxy_answers_that_does(
    tls: Tls, plain_balancer: bool, expected: set[tuple[str, str]]
) -> None:
    """A port that is for health alone is nobody's in Service Connect, and answered by the service itself.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
    """
    known = doors(tls, plain_balancer=plain_balancer)
    asked = [(name, purpose) for name in ("web", "events", "named") for purpose in ("", "health")]
    assert {(name, purpose) for name, purpose in asked if known.encrypted(known.services[name], purpose)} == expected


def test_every_way_out_has_a_port_of_its_own() -> None:
    assert each("mutual", "out") == {
        "web": {"cart": {"cart": 15200, "admin": 15201}},
        "cart": {"stock": {"stock": 15200}},
        "importer": {"cart": {"cart": 15200, "admin": 15201}, "stock": {"stock": 15202}},
    }


@pytest.mark.parametrize(
    ("tls", "room", "without"),
    [
        ("off", None, SERVICES.keys()),
        ("on", (256, 64), {"worker"}),
        ("mutual", (512, 256), {"report", "worker"}),
    ],
)
def test_whoever_takes_part_has_less_room(tls: Tls, room: tuple[int, int] | None, without: set[str]) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html."""
    known = doors(tls)
    takes = {name: known.room(service) for name, service in known.services.items()}
    assert takes == {name: (0, 0) if name in without else room for name in SERVICES}


@given(st.integers(0, 10), st.integers(0, 10))
def test_the_ports_of_an_envoy_are_reserved_and_none_is_used_twice(more: int, callees: int) -> None:
    ports = {f"p{number}": 1 + number for number in range(more)}
    called = [Service(name=f"s{number}", port=8080, ports=ports) for number in range(callees)]
    hub = Service(
        name="hub",
        port=8080,
        ports=ports,
        path=("/",),
        calls=tuple(each.name for each in called),
        health=Health(port=9090),
    )
    caller = Service(name="caller", calls=("hub",))
    known = Doors("mutual", plain_balancer=True, services={one.name: one for one in (*called, hub, caller)})
    out = [port for ports in known.out(hub).values() for port in ports.values()]
    used = [*known.called(hub).values(), *known.balanced(hub).values(), *out[:MOST_CALLED], ADMIN]
    assert set(used) <= set(RESERVED["mutual"])
    assert len(set(used)) == len(used) == (1 + more) + 2 + min(callees * (1 + more), MOST_CALLED) + 1
