"""What callers are told of a service, by the protocol that it speaks."""

from __future__ import annotations

from typing import Literal

import pytest

from tapgen.config.service import Service
from tapgen.mesh.plain import urls


@pytest.mark.parametrize(
    ("protocol", "url"), [("http", "http://cart:7070"), ("http2", "http://cart:7070"), ("grpc", "dns:///cart:7070")]
)
def test_callers_find_a_service_by_a_url_that_its_clients_take(
    protocol: Literal["http", "http2", "grpc"], url: str
) -> None:
    cart = Service(name="cart", port=7070, protocol=protocol, ports={"admin": 9090})
    assert urls(cart) == {"CART_URL": url, "CART_ADMIN_URL": "http://cart:9090"}
