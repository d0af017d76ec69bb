"""What callers are told of a service, by the protocol that it speaks and by how they reach it."""

from __future__ import annotations

from typing import Literal

import pytest

from tapgen.config.mesh import Doors, Tls
from tapgen.config.service import Service
from tapgen.mesh.addresses import Address, addresses


@pytest.mark.parametrize(
    ("protocol", "url"), [("http", "http://cart:7070"), ("http2", "http://cart:7070"), ("grpc", "dns:///cart:7070")]
)
@pytest.mark.parametrize("tls", ["off", "on"])
def test_callers_find_a_service_by_a_url_that_its_clients_take(
    tls: Tls, protocol: Literal["http", "http2", "grpc"], url: str
) -> None:
    (address,) = _of_cart(tls, protocol)
    assert address.urls == {"CART_URL": url, "CART_ADMIN_URL": "http://cart:9090"}
    assert address.attributes == {"url": "http://cart:7070", "host": "cart", "port": "7070"}


def test_with_mutual_tls_callers_find_their_own_proxy() -> None:
    (address,) = _of_cart("mutual", "grpc")
    assert address.urls == {"CART_URL": "dns:///127.0.0.1:15200", "CART_ADMIN_URL": "http://127.0.0.1:15201"}
    assert address.attributes == {"url": "http://127.0.0.1:15200", "host": "127.0.0.1", "port": "15200"}


def _of_cart(tls: Tls, protocol: Literal["http", "http2", "grpc"]) -> list[Address]:
    cart = Service(name="cart", port=7070, protocol=protocol, ports={"admin": 9090})
    web = Service(name="web", port=8080, calls=("cart",))
    return addresses(web, Doors(tls, plain_balancer=False, services={"web": web, "cart": cart}))
