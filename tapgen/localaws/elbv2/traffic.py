"""Requests to a load balancer, by a name in the Host header that leads there, through listeners to targets that run.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
"""

from __future__ import annotations

import asyncio
import http.client
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tapgen.localaws import engine
from tapgen.localaws.calls import call
from tapgen.localaws.protocol import Fields

_BALANCERS: dict[str, tuple[str, str, str]] = {}
_IN_FLIGHT: dict[str, set[asyncio.Future[None]]] = defaultdict(set)
"""Requests that a target group has not answered yet."""

_HOP_BY_HOP = ("connection", "content-length", "transfer-encoding", "keep-alive")


@dataclass(frozen=True)
class Request:
    """A request of the load balancer's client."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    scheme: str = "http"


@dataclass(frozen=True)
class Response:
    """What the client gets."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def announce(name: str, arn: str) -> None:
    """Let a load balancer be found by a host name, its own or one that leads to it; `*.example.com` is all below."""
    _BALANCERS[name.lower().rstrip(".")] = (engine.account(), engine.region(), arn)


def announce_alias(name: str, dns_name: str) -> None:
    """Let a record lead to a load balancer, if it is one that its alias names."""
    if found := _balancer(dns_name.rstrip(".")):
        announce(name, found[2])


def known(host: str) -> bool:
    """Whether a Host header leads to a load balancer."""
    return _balancer(host) is not None


def _balancer(host: str) -> tuple[str, str, str] | None:
    name = host.partition(":")[0].lower()
    if name in _BALANCERS:
        return _BALANCERS[name]
    patterns = (pattern for pattern in _BALANCERS if pattern.startswith("*") and fnmatchcase(name, pattern))
    return _BALANCERS.get(max(patterns, key=len, default=""))


async def route(request: Request) -> Response:
    """Answer as the load balancer does."""
    found = _balancer(request.host)
    if not found:
        return Response(503, {})
    account, region, arn = found
    with engine.acting_for(account, region):
        listeners = (await call("elbv2", "DescribeListeners", LoadBalancerArn=arn))["Listeners"]
        listener = _meant(listeners, request)
        if not listener:
            return Response(503, {})
        rules = (await call("elbv2", "DescribeRules", ListenerArn=listener["ListenerArn"]))["Rules"]
        ordered = sorted(rules, key=lambda rule: int(rule["Priority"]) if rule["Priority"].isdigit() else 10**6)
        rule = next(rule for rule in ordered if all(_holds(each, request) for each in rule["Conditions"]))
        return await _act(rule["Actions"][-1], _transformed(request, rule.get("Transforms", [])), listener)


def _meant(listeners: list[Fields], request: Request) -> Fields | None:
    """The listener at the port that the Host header names, or else the first of the scheme: all share one port here."""
    port = request.host.partition(":")[2]
    named = [each for each in listeners if str(each["Port"]) == port]
    return next(iter(named or [each for each in listeners if each["Protocol"].lower() == request.scheme]), None)


def _holds(condition: Fields, request: Request) -> bool:
    def given(config: str) -> list[str]:
        values: list[str] = condition.get("Values") or condition.get(config, {}).get("Values", [])
        return values

    match condition["Field"]:
        case "path-pattern":
            return any(fnmatchcase(request.path, pattern) for pattern in given("PathPatternConfig"))
        case "host-header":
            host = request.host.partition(":")[0].lower()
            return any(fnmatchcase(host, pattern.lower()) for pattern in given("HostHeaderConfig"))
        case "http-request-method":
            return request.method in given("HttpRequestMethodConfig")
        case "http-header":
            value = request.headers.get(condition["HttpHeaderConfig"]["HttpHeaderName"].lower(), "")
            return any(fnmatchcase(value, pattern) for pattern in given("HttpHeaderConfig"))
    return False


def _transformed(request: Request, transforms: list[Fields]) -> Request:
    """The first regular expression that matches rewrites.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
    """
    path, host = request.path, request.host
    for transform in transforms:
        for rewrite in transform.get("UrlRewriteConfig", {}).get("Rewrites", []):
            path = _rewritten(path, rewrite)
        for rewrite in transform.get("HostHeaderRewriteConfig", {}).get("Rewrites", []):
            host = _rewritten(host, rewrite)
    return Request(request.method, host, path, request.query, request.headers, request.body, request.scheme)


def _rewritten(text: str, rewrite: Fields) -> str:
    return re.sub(rewrite["Regex"], re.sub(r"\$(\d)", r"\\\1", rewrite["Replace"]), text, count=1)


async def _act(action: Fields, request: Request, listener: Fields) -> Response:
    if config := action.get("FixedResponseConfig"):
        headers = {"content-type": config.get("ContentType", "text/plain")}
        return Response(int(config["StatusCode"]), headers, config.get("MessageBody", "").encode())
    if config := action.get("RedirectConfig"):
        return _redirected(config, request, listener)
    groups = action["ForwardConfig"]["TargetGroups"]
    group = random.choices(groups, [each.get("Weight", 1) for each in groups])[0]["TargetGroupArn"]  # noqa: S311
    with _in_flight(group):
        targets = (await call("elbv2", "DescribeTargetHealth", TargetGroupArn=group))["TargetHealthDescriptions"]
        if not targets:
            return Response(503, {"content-type": "text/html"}, b"503 Service Temporarily Unavailable")
        target = random.choice([each["Target"] for each in targets])  # noqa: S311 (no secret)
        return await asyncio.to_thread(_forward, request, target["Id"], int(target["Port"]))


@contextmanager
def _in_flight(group: str) -> Iterator[None]:
    request = asyncio.get_running_loop().create_future()
    _IN_FLIGHT[group].add(request)
    try:
        yield
    finally:
        _IN_FLIGHT[group].discard(request)
        request.set_result(None)


async def drained(group: str) -> None:
    """Wait until a group has answered all requests of now, as targets that are deregistered are waited for.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    if requests := set(_IN_FLIGHT[group]):
        await asyncio.wait(requests)


def _redirected(config: Fields, request: Request, listener: Fields) -> Response:
    known_words = {
        "#{protocol}": request.scheme,
        "#{host}": request.host.partition(":")[0],
        "#{port}": str(listener["Port"]),
        "#{path}": request.path.lstrip("/"),
        "#{query}": request.query,
    }

    def filled(name: str, default: str) -> str:
        text = config.get(name, default)
        for word, value in known_words.items():
            text = text.replace(word, value)
        return str(text)

    query = filled("Query", "#{query}")
    location = f"{filled('Protocol', '#{protocol}').lower()}://{filled('Host', '#{host}')}:{filled('Port', '#{port}')}"
    location += filled("Path", "/#{path}") + (f"?{query}" if query else "")
    return Response(int(config["StatusCode"].removeprefix("HTTP_")), {"location": location})


def _forward(request: Request, address: str, port: int) -> Response:
    connection = http.client.HTTPConnection(address, port, timeout=10)
    headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
    headers |= {"host": request.host, "x-forwarded-proto": request.scheme, "x-forwarded-for": "127.0.0.1"}
    target = request.path + (f"?{request.query}" if request.query else "")
    try:
        connection.request(request.method, target, request.body, headers)
        answer = connection.getresponse()
        kept = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
        return Response(answer.status, kept, answer.read())
    except OSError:
        return Response(502, {"content-type": "text/html"}, b"502 Bad Gateway")
    finally:
        connection.close()
