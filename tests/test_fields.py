"""Every word of `tapgen.yaml` does something: no option is accepted and silently ignored."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest

from tapgen.config.model import File
from tapgen.config.read import Configuration, read
from tapgen.config.types import Model
from tapgen.errors import ConfigError
from tapgen.render import render

ACCOUNT = "111111111111"
CERTIFICATE = f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/1"
Keys = tuple[str | int, ...]
Understand = Callable[[dict[str, Any]], Configuration]

API = {"port": 8081, "path": "/api", "calls": [], "ports": {}, "priority": None, "strip_prefix": False}
API |= {"image": None, "image_credentials": None, "needs": None, "scaling": {"queue": None}, "secret_keys": []}
API |= {"migrate": None}
"""Says all that would collide if `service` said it for every service, so that its other words can be tried there."""

FILL: dict[str, Any] = {"schedule": None, "image_of": None, "image_credentials": None, "needs": None, "secret_keys": []}
"""The same for `job`."""

DATA: dict[str, Any] = {
    "tables": {
        "carts": {
            "key": "id",
            "sort": "item",
            "types": {"total": "number"},
            "indexes": {
                "by-day": {"key": "day", "sort": "price", "attributes": ["name"]},
                "by-total": {"key": "total"},
            },
            "ttl": "expires",
            "protect": False,
        },
        "sessions": {"key": "id"},
    },
    "buckets": {"receipts": {"expire_days": 400, "protect": False}},
    "queues": {"parcels": {"protect": False}, "mails": {}, "errands": {}},
    "databases": {"archive": {"engine": "mysql", "protect": False}, "shop": {"protect": False}},
}
"""One of each, unprotected: what is protected cannot be deleted."""

IDENTITY = f"arn:aws:ses:eu-west-1:{ACCOUNT}:identity/example.com"
WORKLOAD: dict[str, Any] = {
    "env": {"MODE": "fast"},
    "access": {"sessions": ["read"], "mails": ["consume"], "errands": ["consume"], "shop": ["connect"]},
    "statements": [{"actions": ["ses:SendEmail"], "resources": [IDENTITY]}],
    "secrets": {"DB_PASSWORD": "database.password", "TOKEN": "secret:shop/api:token"},
    "secret_keys": [f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"],
    "egress": [{"cidr": "10.1.0.0/16", "port": 5432}, {"cidr": "0.0.0.0/0", "port": 443}],
    "command": ["serve"],
    "entry_point": ["/bin/web"],
    "needs": {"cache": "healthy"},
    "scratch": {"/tmp": 64},
    "volumes": {"shared": "/shared"},
    "sidecars": {
        "cache": {
            "image": "docker.io/library/redis:8.2",
            "command": ["redis-server"],
            "entry_point": ["/bin/sh"],
            "needs": {"log-router": "started"},
            "env": {"MODE": "fast"},
            "secrets": {"PASSWORD": "database.password"},
            "scratch": {"/tmp": 64},
            "volumes": {"shared": "/shared"},
            "health": {"command": ["redis-cli", "ping"]},
        },
        "log-router": {"image": "docker.io/fluent/fluent-bit:4.1", "essential": False},
    },
}
"""What a service and a job may both say."""

IMAGE: dict[str, Any] = {
    "image": "ghcr.io/example/web:1.3",
    "image_credentials": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:hub-AbCdEf",
}
NO_IMAGE: dict[str, Any] = dict.fromkeys(IMAGE)

HTTPS: dict[str, Any] = {
    "name": "shop",
    "services": {
        "web": {
            "port": 8080,
            "ports": {"admin": 9000},
            "path": ["/web", "/more"],
            "host": ["web.example.com"],
            "priority": {"/more": 9},
            "calls": ["api"],
            **IMAGE,
            "scaling": {
                "queue": {"name": "mails"},
                "schedule": {"night": {"at": "cron(0 20 * * ? *)", "min": 1, "max": 4}},
            },
            "health": {"container": {"command": ["CMD", "true"]}},
            "migrate": "fill",
            **WORKLOAD,
        },
        "api": API,
    },
    "jobs": {"report": {"schedule": "rate(1 hour)", **IMAGE, **WORKLOAD}, "fill": FILL, "change": FILL},
    "environments": {
        "dev": {
            "account": ACCOUNT,
            "region": "eu-west-1",
            "ingress": {
                "hosted_zone": "Z1",
                "domain": "shop.example.com",
                "certificates": [CERTIFICATE],
                "redirects": [
                    {"host": ["old.example.com"], "path": "/old", "to_host": "shop.example.com", "to_path": "/x"}
                ],
                "allow": ["10.2.0.0/16"],
                "waf": {"enabled": True},
            },
            "secrets": {"database": {}},
            **DATA,
            "alerts": {"email": ["team@example.com"]},
            "tags": {"Team": "shop"},
            "service": {},
            "services": {"web": {}, "api": API},
            "job": {},
            "jobs": {"report": {}, "fill": FILL, "change": FILL},
        }
    },
    "defaults": {"service": {}, "job": {}},
    "ci": {"repository": "example/shop"},
}
"""Encrypted, behind a firewall."""


def changed(raw: dict[str, Any], keys: Keys, value: Any) -> dict[str, Any]:
    """A copy of *raw* that says *value* at *keys*."""
    result = copy.deepcopy(raw)
    node: Any = result
    for key in keys[:-1]:
        node = node.setdefault(key, {}) if isinstance(node, dict) else node[key]
    node[keys[-1]] = value
    return result


SUBNETS = {
    "public_subnets": [f"10.0.{zone}.0/24" for zone in range(3)],
    "private_subnets": [f"10.0.{zone}.0/24" for zone in range(8, 11)],
}
HTTP = changed(HTTPS, ("environments", "dev", "ingress"), {"protocol": "http", "allow": ["10.2.0.0/16"]})
HTTP = changed(HTTP, ("environments", "dev", "network"), SUBNETS)
HTTP = changed(HTTP, ("defaults", "service"), {"read_only": False})
HTTP = changed(HTTP, ("defaults", "job"), {"read_only": False})
HTTP = changed(HTTP, ("services", "web", "capacity"), {"on_demand": {"base": 0}})
for one in (("services", "web"), ("jobs", "report")):
    built = {"build": {"context": one[1], "args": {"VERSION": "7"}}}
    HTTP = changed(HTTP, one, HTTP[one[0]][one[1]] | NO_IMAGE | built)
"""Without encryption, with subnets of its own, able to allow sessions, and built from source."""

BORROWING = changed(HTTPS, ("jobs", "report"), HTTPS["jobs"]["report"] | NO_IMAGE | {"image_of": "web"})
"""With a job that runs the image of a service."""

KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
SESSIONS = changed(HTTP, ("environments", "dev", "cluster"), {"exec": True})
SESSIONS = changed(SESSIONS, ("environments", "dev", "keys"), {"alerts": KEY, "exec": KEY})
"""With sessions, and keys that are there already."""

VPC = {
    "vpc": "vpc-0a1b2c3d",
    "cidr": "10.4.0.0/16",
    "public_subnets": ["subnet-0a1b2c31", "subnet-0a1b2c32"],
    "private_subnets": ["subnet-0a1b2c33", "subnet-0a1b2c34"],
}
IN_A_VPC = changed(HTTPS, ("environments", "dev", "network"), {"existing": VPC})
"""In a VPC that is there already."""

BALANCER = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:listener/app/shared"
EXISTING = changed(
    IN_A_VPC,
    ("environments", "dev", "ingress"),
    {
        "existing": {
            "listener": f"{BALANCER}/1a/2b",
            "security_group": "sg-0a1b2c3d",
            "dns_name": "shared.example.com",
            "zone": "Z3",
            "priorities": {"first": 100, "last": 40000},
        },
        "hosted_zone": "Z1",
        "domain": "shop.example.com",
    },
)
CLUSTER = {"name": "shared", "namespace": f"arn:aws:servicediscovery:eu-west-1:{ACCOUNT}:namespace/ns-1"}
EXISTING = changed(EXISTING, ("environments", "dev", "cluster"), {"existing": CLUSTER})
EXISTING = changed(EXISTING, ("environments", "dev", "alerts"), {"topic": f"arn:aws:sns:eu-west-1:{ACCOUNT}:oncall"})
EXISTING = changed(EXISTING, ("environments", "dev", "keys"), {"logs": KEY, "credentials": KEY, "databases": KEY})
"""Among what is there already."""

OWN = """\
Parameters: {{VpcId: {{Type: String}}, Size: {{Type: {kind}, Default: 1}}}}
Resources: {{Topic: {{Type: "AWS::SNS::Topic"}}}}
"""
"""A template of the user's own."""

BY_HAND: dict[str, Any] = {
    "name": "shop",
    "services": {"web": {"port": 8080, "path": "/only"}, "api": {"port": 8081}},
    "environments": {
        "dev": {
            "account": ACCOUNT,
            "region": "eu-west-1",
            "ingress": {"protocol": "http"},
            "stacks": {
                "cache": {
                    "template": "own.yaml",
                    "parameters": {"Size": "7", "VpcId": "${network.vpc_id}"},
                    "after": ["cluster"],
                }
            },
            "overrides": [
                {
                    "layer": "service-web",
                    "resource": "TaskRole",
                    "path": "Description",
                    "set": "by-hand",
                    "why": "It has to be",
                }
            ],
        }
    },
}
"""With what tapgen has no word for; apart from the others, since reading it renders it too."""

CONFIGURATIONS = {"https": HTTPS, "http": HTTP, "borrowing": BORROWING, "by hand": BY_HAND}
CONFIGURATIONS |= {"sessions": SESSIONS, "vpc": IN_A_VPC, "existing": EXISTING}
CONFIGURATIONS |= {tls: changed(HTTPS, ("environments", "dev", "mesh", "tls"), tls) for tls in ("on", "mutual")}

for moving in ("blue-green", "canary", "linear"):
    raw = changed(HTTPS, ("services", "web", "path"), "/web")
    raw = changed(raw, ("services", "web", "priority"), {})
    raw = changed(raw, ("services", "web", "deployment"), {"strategy": moving})
    CONFIGURATIONS[moving] = changed(raw, ("environments", "dev", "deployment"), {"strategy": moving})
"""With new versions to which requests move, in services that say so themselves, and in those that do not."""

ALTERNATIVES: dict[str, list[Any]] = {
    "access": [{"mails": ["consume"]}, {"sessions": ["write"], "mails": ["consume"], "archive": ["connect"]}],
    "access.*": [["write"]],
    "account": ["333333333333"],
    "actions": [["ses:SendRawEmail"]],
    "actions.*": ["ses:SendTemplatedEmail"],
    "attributes": [[], ["name", "town"]],
    "buckets": [{}],
    "calls": [[]],
    "certificate": [f"{CERTIFICATE}2"],
    "certificates": [[CERTIFICATE, f"{CERTIFICATE}3"]],
    "certificates.*": [f"{CERTIFICATE}4"],
    "redirects": [[{"path": "/old", "to_path": "/new"}]],
    "to_host": ["www.example.com"],
    "to_path": ["/new"],
    "cidr": ["10.0.0.0/17", "10.9.0.0/16"],
    "command": [["CMD", "false"], []],
    "databases": [{"shop": {}}, f"{KEY}2"],
    "mesh": [f"{KEY}2"],
    "domain": ["www.example.com"],
    "email": [["other@example.com"]],
    "egress": [[{"cidr": "0.0.0.0/0", "port": 443}]],
    "allow": [["10.3.0.0/16"]],
    "app_mesh": ["2026-09-30"],
    "args": [{"VERSION": "8"}],
    "context": ["services/web"],
    "dockerfile": ["Containerfile"],
    "target": ["production"],
    "args.*": ["9"],
    "hosted_zone": ["Z2"],
    "image": ["ghcr.io/example/web:1.4", f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:{'a' * 64}"],
    "image_credentials": [f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:other-AbCdEf"],
    "indexes": [{"by-day": {"key": "day"}, "all": {"key": "total"}}],
    "key": ["number", "month"],
    "name": ["mall", "errands"],
    "status": ["200-299"],
    "vpc": ["vpc-0a1b2c3e"],
    "listener": [f"{BALANCER}/1a/2c"],
    "security_group": ["sg-0a1b2c3e"],
    "dns_name": ["other.example.com"],
    "zone": ["Z4"],
    "namespace": [f"{CLUSTER['namespace']}2"],
    "topic": [f"arn:aws:sns:eu-west-1:{ACCOUNT}:team"],
    **{key: [f"{KEY}2"] for key in ("logs", "alerts", "credentials", "exec")},
    "path": [["/more"], "/else", "RoleName", "/only/up"],
    "path.*": ["/else"],
    "host": [["www.example.com"]],
    "host.*": ["www.example.com"],
    "priority": [{"/more": 8}],
    "after": [["alerts", "cluster"], []],
    "after.*": ["alerts"],
    "layer": ["service-api"],
    "parameters": [{"VpcId": "${network.vpc_id}"}],
    "parameters.*": ["8"],
    "stacks": [{}],
    "template": ["other.yaml"],
    "overrides": [[]],
    "resource": ["ExecutionRole"],
    "set": ["by-others"],
    "why": ["It has been"],
    "permissions_boundary": [f"arn:aws:iam::{ACCOUNT}:policy/boundary"],
    "private_subnets": [["10.0.8.0/24", "10.0.9.0/24", "10.0.12.0/24"], ["subnet-0a1b2c33"]],
    "public_subnets": [["10.0.0.0/24", "10.0.1.0/24", "10.0.12.0/24"], ["subnet-0a1b2c31", "subnet-0a1b2c35"]],
    "queues": [{"mails": {}, "errands": {}}],
    "resources": [[f"{IDENTITY}.org"]],
    "resources.*": ["arn:aws:ses:us-east-1:333333333333:identity/example.com"],
    "statements": [[]],
    "secret_keys": [[f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/2"]],
    "secret_keys.*": [f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/3"],
    "region": ["eu-central-1"],
    "repository": ["example/mall"],
    "sort": ["weight"],
    "tables": [{"sessions": {"key": "id"}}],
    "ttl": ["until"],
    "types": [{"total": "string"}],
    "user": ["10002:10002"],
    "image_of": ["api"],
    "migrate": ["change"],
    "at": ["cron(0 21 * * ? *)"],
    "schedule": ["rate(2 hours)", "cron(0 6 * * ? *)", {"night": {"at": "cron(0 20 * * ? *)", "min": 1, "max": 5}}],
    "timezone": ["Europe/Berlin"],
    "version": ["8.0.mysql_aurora.3.10.4"],
    "username": ["shop"],
    "attributes.*": ["town"],
    "allow.*": ["10.4.0.0/16"],
    "calls.*": ["web"],
    "command.*": ["CMD-SHELL"],
    "email.*": ["somebody@example.com"],
    "entry_point": [["/bin/other"]],
    "entry_point.*": ["/bin/other"],
    "needs": [{"log-router": "started"}, {}],
    "scratch": [{"/run": 8}],
    "sidecars": [{"cache": {"image": "docker.io/library/redis:8.2", "health": {"command": ["true"]}}}],
    "volumes": [{"shared": "/other"}],
    "volumes.*": ["/other"],
    "env": [{"MODE": "fast", "LEVEL": "debug"}],
    "env.*": ["slow"],
    "environments": [
        HTTPS["environments"] | {"prod": HTTPS["environments"]["dev"]},
        HTTP["environments"] | {"prod": HTTP["environments"]["dev"]},
    ],
    "ports": [{"admin": 9000, "metrics": 9002}],
    "private_subnets.*": ["10.0.12.0/24", "subnet-0a1b2c35"],
    "public_subnets.*": ["10.0.12.0/24", "subnet-0a1b2c35"],
    "secrets": [
        {"database": {}, "queue": {}},
        {"DB_PASSWORD": "database.password", "TOKEN": "/shop/token"},
    ],
    "secrets.*": ["database.username"],
    "services": [HTTPS["services"] | {"worker": {}}, {"web": {"drain": 7}}],
    "jobs": [HTTPS["jobs"] | {"migrate": {}}, {"report": {"flexible": 7}}],
    "tags": [{"Team": "shop", "Cost": "7"}],
    "tags.*": ["mall"],
}
"""Other values for what is text, or holds others, by the last word of the path; numbers and choices need none."""

NEVER_ALONE = {
    "ingress.protocol": "encryption needs a certificate; tests/promises read what each protocol means",
    "overrides.*.remove": "where there is a value to set; tests/hatch/test_overrides.py removes",
    "calls.*": "there is nobody else to call here; `calls` as a whole is tried",
}
"""Fields that cannot have another value here unless another field has one too."""

EXCEPTIONS = NEVER_ALONE

AFTERWARDS = {
    "smoke.path": "what `make smoke` asks; tests/deploy/test_smoke.py",
    "smoke.status": "what `make smoke` wants to hear; tests/deploy/test_smoke.py",
}
"""Fields that speak of what is asked of a deployed platform, and so change no template."""

BEFORE = {
    "build.context": "what `make images` builds; tests/deploy/images",
    "build.dockerfile": "how `make images` builds it; tests/deploy/images/test_builders.py",
    "build.target": "likewise",
    "build.args": "likewise",
    "build.args.*": "likewise",
    "registry.severity": "where `make images` stops; tests/deploy/images/test_scanning.py",
}
"""Fields that speak of how images are made: templates know nothing of them but their digests."""


def plain(annotation: Any) -> Any:
    """A type without what it is annotated with, and without None."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        (kind,) = (part for part in get_args(annotation) if part is not type(None))
        return plain(kind)
    return annotation


def fields(annotation: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every field below a type, by path, with its type; `*` is a key of a mapping or a place in a list."""
    kind = plain(annotation)
    if isinstance(kind, type) and issubclass(kind, Model):
        for name, field in kind.model_fields.items():
            yield from fields(field.annotation, (*path, name))
        return
    yield path, kind
    if get_origin(kind) in (dict, tuple):
        yield from fields(get_args(kind)[-1 if get_origin(kind) is dict else 0], (*path, "*"))


FIELDS = {".".join(path): kind for path, kind in fields(File)}
MOVED: dict[str, Keys] = {
    "defaults.service.": ("defaults", "service"),
    "environments.*.services.*.": ("environments", "dev", "services", "web"),
    "environments.*.service.": ("environments", "dev", "service"),
    "defaults.job.": ("defaults", "job"),
    "environments.*.jobs.*.": ("environments", "dev", "jobs", "report"),
    "environments.*.job.": ("environments", "dev", "job"),
    "defaults.": ("defaults",),
}
"""Where the words of `services.*`, `jobs.*` and `environments.*` can stand too, weaker or stronger."""


def home(path: str) -> str:
    """Where a field of a service, of a job or of an environment stands when nothing overlays it."""
    for prefix in MOVED:
        if path.startswith(prefix):
            place = next((each for word, each in WORKLOADS.items() if word in prefix), "environments.*.")
            return place + path.removeprefix(prefix)
    return path


WORKLOADS = {"service": "services.*.", "job": "jobs.*."}


HOMES = [path for path in FIELDS if home(path) == path]
ABROAD = [path for path in FIELDS if home(path) != path]


def short(path: str) -> str:
    """The field alone, as the tables name it."""
    return path.removeprefix("environments.*.").removeprefix("services.*.").removeprefix("jobs.*.")


def keys(raw: dict[str, Any], path: str) -> Keys:
    """The place in *raw* that *path* stands for, with the first of whatever there may be several of."""
    node: Any = raw
    result: list[str | int] = []
    for word in path.split("."):
        several = node if isinstance(node, dict) else range(len(node or ()))
        result.append(next(iter(several), "*") if word == "*" else word)
        node = node[result[-1]] if result[-1] in several else None
    return tuple(result)


def candidates(path: str, kind: Any, now: Any) -> list[Any]:
    """Other values that a field might have."""
    words = path.split(".")
    name = ".".join(words[-2:]) if words[-1] == "*" else words[-1]
    if get_origin(kind) is Literal:
        return [value for value in get_args(kind) if value != now]
    if kind is bool:
        return [not now]
    if kind in (int, float):
        near = [now + step for step in (1, -1, 1024, 100, 2048)] if now is not None else [1, 8, 30, 100]
        return [value for value in near if value >= 0]
    return [value for value in ALTERNATIVES[name] if value != now]


def value(configuration: Configuration, path: Keys) -> Any:
    """What a field is now, said or not."""
    match path:
        case ("services", name, *rest):
            node: Any = configuration.environments["dev"].services[str(name)]
        case ("jobs", name, *rest):
            node = configuration.environments["dev"].jobs[str(name)]
        case ("environments", name, *rest):
            node = configuration.environments[str(name)]
        case [*rest]:
            node = configuration.file
    for key in rest:
        if node is None:
            break
        node = getattr(node, str(key)) if isinstance(node, Model) else node[key]
    return node


@pytest.fixture(scope="module")
def understand(tmp_path_factory: pytest.TempPathFactory) -> Understand:
    file = tmp_path_factory.mktemp("fields") / "tapgen.yaml"
    for name, kind in (("own", "Number"), ("other", "String")):
        file.with_name(f"{name}.yaml").write_text(OWN.format(kind=kind))

    @cache
    def read_text(text: str) -> Configuration:
        file.write_text(text)
        return read(file)

    return lambda raw: read_text(json.dumps(raw))


@pytest.fixture(scope="module")
def rendered(understand: Understand) -> dict[str, dict[str, str]]:
    return {name: render(understand(raw)) for name, raw in CONFIGURATIONS.items()}


def others(understand: Understand, path: str) -> Iterator[tuple[str, Keys, Any, Configuration]]:
    """Every valid configuration that differs in one field from one of ours."""
    for name, raw in CONFIGURATIONS.items():
        place = keys(raw, path)
        if "*" in place:
            continue
        now = value(understand(raw), place)
        for other in candidates(path, FIELDS[path], list(now) if isinstance(now, tuple) else now):
            try:
                yield name, place, other, understand(changed(raw, place, other))
            except ConfigError:
                continue


@pytest.mark.parametrize("path", [path for path in HOMES if short(path) not in EXCEPTIONS | AFTERWARDS | BEFORE])
def test_every_field_changes_a_template(path: str, understand: Understand, rendered: dict[str, dict[str, str]]) -> None:
    tried = 0
    for name, _, _, configuration in others(understand, path):
        tried += 1
        if render(configuration) != rendered[name]:
            return
    assert tried, "no other value of it is valid: give one in ALTERNATIVES"
    pytest.fail(f"{tried} other values change nothing")


@pytest.mark.parametrize("path", ABROAD)
def test_every_field_means_the_same_wherever_it_is_said(path: str, understand: Understand) -> None:
    """In `defaults`, for every service, in an environment, and for one service in one environment."""
    at_home = home(path)
    if short(at_home) in EXCEPTIONS:
        assert at_home in FIELDS
        return
    name, place, other, expected = next(others(understand, at_home))
    raw = CONFIGURATIONS[name]
    over, name_of, first, *_ = place
    prefix = MOVED[next(prefix for prefix in MOVED if path.startswith(prefix))]
    whole = changed(raw, place, other)
    moved = understand(changed(whole, (*prefix, first), whole[str(over)][name_of].pop(first)))
    if prefix == ("defaults",):
        assert moved.environments == expected.environments
    else:
        here = (str(over), str(name_of))
        assert moved.environments["dev"].workloads[here] == expected.environments["dev"].workloads[here]


@pytest.mark.parametrize("path", EXCEPTIONS)
def test_exceptions_really_have_no_other_value(path: str, understand: Understand) -> None:
    (whole,) = (name for name in HOMES if short(name) == path)
    assert list(others(understand, whole)) == []


def test_the_lists_of_this_test_name_fields_that_exist() -> None:
    known = {short(path) for path in HOMES}
    assert EXCEPTIONS.keys() | AFTERWARDS.keys() | BEFORE.keys() <= known
    last = {".".join(path.split(".")[-2 if path.endswith("*") else -1 :]) for path in FIELDS}
    assert ALTERNATIVES.keys() <= last


def test_a_service_can_differ_in_one_environment_alone(understand: Understand) -> None:
    two = changed(HTTPS, ("environments", "prod"), HTTPS["environments"]["dev"])
    before = render(understand(two))
    after = render(understand(changed(two, ("environments", "prod", "services"), {"web": {"tasks": {"max": 20}}})))
    assert [path for path in before if before[path] != after[path]] == ["prod/service-web.yaml"]
