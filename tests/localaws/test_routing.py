"""A platform comes up whose load balancer leads by host and path, or elsewhere."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tapgen.config.read import understand
from tapgen.config.yaml.source import compose
from tapgen.deploy.smoke import Door, smoke
from tapgen.localaws.process import running
from tapgen.render import render
from tapgen.write import write
from tests.localaws.account import REGION, Account

SAID = f"""
name: shop
services:
  web: {{port: 18080, host: [shop.example.com, "*.shop.example.com"], path: [/, /cart]}}
  api: {{port: 18081, path: [/api, /v1/api], strip_prefix: true}}
  rpc: {{port: 18082, protocol: grpc}}
defaults:
  service: {{tasks: {{min: 1}}}}
  ingress:
    redirects:
      - {{host: www.example.com, to_host: shop.example.com}}
      - {{path: /old, to_path: /api, status: 302}}
environments:
  dev:
    account: "111111111111"
    region: {REGION}
    ingress: {{protocol: http}}
"""


def ask(account: Account, host: str, path: str) -> tuple[int, str, str | None]:
    """Status, who answered at which path, and where to go instead."""
    with closing(http.client.HTTPConnection(urlsplit(account.environment["AWS_ENDPOINT_URL"]).netloc)) as connection:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        said = answer.read()
        who = json.loads(said) if answer.headers.get_content_type() == "application/json" else {}
        return answer.status, f"{who.get('service', '')} {who.get('path', '')}".strip(), answer.headers["Location"]


@pytest.fixture
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account where containers really run."""
    settings = {"TAPGEN_LOCALAWS_RUN_TASKS": "1"}
    with running(tmp_path_factory.mktemp("routing"), region=REGION, settings=settings) as environment:
        yield Account(environment, "222222229999")


ASKED = {
    "shop.example.com/": (200, "web /", None),
    "de.shop.example.com/cart/7": (200, "web /cart/7", None),
    "shop.example.com/api/7": (200, "web /api/7", None),
    "DNS/api": (200, "api /", None),
    "DNS/v1/api/7": (200, "api /7", None),
    "DNS/": (404, "", None),
    "www.example.com/a/b?c=d": (301, "", "http://shop.example.com:80/a/b?c=d"),
    "DNS/old/7": (302, "", "http://DNS:80/api"),
}


def test_requests_are_led_by_host_and_path(account: Account, tmp_path: Path) -> None:
    """Hosts come first, more special paths before others, and what is stripped is gone."""
    configuration = understand(compose(SAID.encode(), "tapgen.yaml"), compose(b"", "none"))
    write(render(configuration), tmp_path)
    account.bucket()
    assert account.deploy("shop-dev", tmp_path / "dev")["StackStatus"] == "CREATE_COMPLETE"
    (balancer,) = account("elbv2").describe_load_balancers()["LoadBalancers"]

    def asked(where: str) -> tuple[int, str, str | None]:
        host, _, path = where.replace("DNS", balancer["DNSName"]).partition("/")
        status, who, location = ask(account, host, f"/{path}")
        return status, who, location and location.replace(balancer["DNSName"], "DNS")

    assert {where: asked(where) for where in ASKED} == ASKED

    here = urlsplit(account.environment["AWS_ENDPOINT_URL"])
    door = Door(f"http://{balancer['DNSName']}/", {"http": (here.hostname or "", here.port or 0)})
    checks = smoke(configuration.environments["dev"], door, patience=5)
    assert [check for check in checks if not check.good] == []
    assert len(checks) == 5
