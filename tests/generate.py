"""Configurations that are likely near the borders of every rule, each following from a number."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from tapgen.config.fargate import MEMORY
from tapgen.config.read import Configuration, understand
from tapgen.config.yaml.source import compose

Data = dict[str, Any]

NAMES = ("payment", "order", "notification", "search", "basket", "audit-log", "users")
ACCOUNT, OTHER_ACCOUNT = "111111111111", "222222222222"
REGION = "eu-west-1"
EVERYWHERE = {"cidr": "0.0.0.0/0", "port": 443}
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CREDENTIALS = (
    "AKIAIOSFODNN7EXAMPLE",
    SECRET_KEY,
    f"key={SECRET_KEY};",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
    "postgres://app:hunter2@db/shop",
    "ghp_" + "a1B2" * 9,
    "xoxb-1234567890-abcdef",
    "sk_live_" + "4eC39HqLyjWDarjtT1zd",
)
REFERENCES = (
    "{{resolve:secretsmanager:shop/db:SecretString:password}}",
    "in ${AWS::Region}",
    "${ClusterName}",
    "${HOME}",
    "${db.url}",
)
REFERENCES_OF_IMAGES = (
    "ghcr.io/example/web:1.4",
    f"nginx@sha256:{'a' * 64}",
    "222222222222.dkr.ecr.eu-west-1.amazonaws.com/team/web:1",
    "localhost:5000/web",
)
HUB = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:hub-AbCdEf"
HARMLESS = (
    "info",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "/usr/share/some/long/path/of/forty/chars",
    "https://example.com:8443/orders?mail=a@b.c",
    "AKIA",
    "sk_test_4eC39HqLyjWDarjtT1zd",
)

COLOURS: Data = {"deployment": {"strategy": "blue-green"}}
MOVES = ("blue-green", "canary", "linear")


def _asked(times: int) -> Data:
    return {"deployment": {"strategy": "canary", "test": {"times": times, "seconds": 20}}}


def configuration(seed: int) -> Configuration:
    """What tapgen makes of it.

    Raises:
        ConfigError: it is one of those that a rule refuses.
    """
    file = generate(seed)
    digests = images(file, seed)
    return understand(
        compose(json.dumps(file).encode(), "tapgen.yaml"), compose(json.dumps(digests).encode(), "tapgen.images.yaml")
    )


def generate(seed: int) -> Data:
    """A file, as data: valid, or with one to three things changed that a rule may refuse."""
    random = Random(f"file {seed}")
    if seed % 16 == 0:
        return LARGE[seed // 16 % len(LARGE)](random)
    file = _valid(random)
    # Each in turn, so that one more takes little from the others.
    for change in [CHANGES[seed % len(CHANGES)], *random.choices(CHANGES, k=2)][: random.choice((0, 1, 1, 2, 2, 3))]:
        change(file, random)
    return file


def images(file: Data, seed: int) -> Data:
    """The images that go with a file: of all services, of some, or none at all."""
    random = Random(f"images {seed}")
    share = random.choice((0, 0.7, 1, 1, 1, 1, 1))
    return {
        environment: {
            name: f"sha256:{random.getrandbits(256):064x}"
            for kind in ("services", "jobs")
            for name, said in file.get(kind, {}).items()
            if "image_of" not in said and random.random() < share
        }
        for environment in file["environments"]
    }


def _valid(random: Random) -> Data:
    names = random.sample(NAMES, random.randint(1, 5))
    services = {name: _service(name, random) for name in names}
    for name, service in services.items():
        reachable = [other for other in names if other != name and "port" in services[other]]
        service["calls"] = random.sample(reachable, random.randint(0, len(reachable)))
    return {
        "name": random.choice(("shop", "platform-2")),
        "defaults": {"secrets": {"database": {}}, "service": {"secrets": {"DB_PASSWORD": "database.password"}}},
        "services": services,
        "environments": {name: _environment(random) for name in random.choice((["dev"], ["dev", "prod"]))},
    }


def _service(name: str, random: Random) -> Data:
    cpu = random.choice(list(MEMORY))
    low = random.randint(1, 4)
    service: Data = {
        "cpu": cpu,
        "memory": random.choice(MEMORY[cpu]),
        "tasks": {"min": low, "max": low + random.randint(0, 6)},
    }
    if random.random() < 0.8:
        service |= {"port": random.randint(8000, 8100)}
        if random.random() < 0.7:
            service |= {"path": random.choice((f"/{name}", f"/{name}/v1", f"/api/{name}"))}
        if random.random() < 0.3:
            service |= {"ports": {"admin": random.randint(9000, 9100)}}
    if random.random() < 0.3:
        service |= {"env": {"LOG_LEVEL": random.choice(HARMLESS)}}
    return service


def _environment(random: Random) -> Data:
    ingress = random.choice(
        (
            {"protocol": "http"},
            {"hosted_zone": "Z0123456789ABCDEFGHIJ", "domain": "shop.example.com"},
            {"certificate": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1-2-3"},
        )
    )
    return {
        "account": ACCOUNT,
        "region": REGION,
        "network": {"nat": random.choice(("single", "single", "none"))},
        "ingress": dict(ingress),
    }


def _some(file: Data, random: Random) -> Data:
    service: Data = file["services"][random.choice(list(file["services"]))]
    return service


def _here(file: Data, random: Random) -> Data:
    environment: Data = file["environments"][random.choice(list(file["environments"]))]
    return environment


def _set(where: Callable[[Data, Random], Data], key: str, *values: Any) -> Callable[[Data, Random], None]:
    """Give a key, `a.b.c`, one of some values."""

    def change(file: Data, random: Random) -> None:
        place, *rest = where(file, random), *key.split(".")
        for step in rest[:-1]:
            place = place.setdefault(step, {})
        place[rest[-1]] = random.choice(values)

    return change


def _update(where: Callable[[Data, Random], Data], *values: Data) -> Callable[[Data, Random], None]:
    """Give several keys at once."""
    return lambda file, random: where(file, random).update(random.choice(values))


def _long_deployment(file: Data, random: Random) -> None:
    """About as long as CloudFormation waits."""
    canary = {"minutes": random.choice((538, 539, 540, 541, 600))}
    said = {"strategy": "canary", "bake_minutes": 1440, "canary": canary, "test": {"minutes": random.choice((1, 2))}}
    _some(file, random).update({"port": 80, "path": random.choice((None, "/a")), "deployment": said})


def _colours_at_a_given_balancer(file: Data, random: Random) -> None:
    """Where nobody can ask a new version."""
    subnets = ["subnet-0a1b2c31", "subnet-0a1b2c32"]
    vpc = {"vpc": "vpc-0a1b2c3d", "cidr": "10.4.0.0/16", "private_subnets": subnets}
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/shared/1/2"
    balancer = {"listener": arn, "security_group": "sg-0a1b2c3d", "dns_name": "shared.b.co"}
    for here in file["environments"].values():
        here.update({"network": {"existing": vpc}, "ingress": {"existing": balancer}})
    deployment = {"strategy": "canary", "test": {"enabled": random.choice((True, False))}}
    _some(file, random).update({"port": 80, "path": "/a", "deployment": deployment})


def _networks(file: Data, random: Random) -> None:
    """Subnets listed by hand: right, too few, outside, of a wrong size, overlapping, or of one kind only."""
    vpc = random.choice((16, 18))
    public, private = ([f"10.0.{n}.0/24" for n in range(first, first + 3)] for first in (0, 10))
    match random.randrange(8):
        case 0:
            public.pop()
        case 1:
            public[0] = random.choice(("10.0.63.0/24", "10.0.64.0/24", "10.1.0.0/24"))
        case 2:
            private[2] = random.choice(("10.0.12.0/28", "10.0.12.0/29"))
        case 3:
            private[0] = random.choice(("10.0.2.0/24", "10.0.2.128/25", "10.0.3.0/24"))
        case 4:
            private.clear()
    network = {"cidr": f"10.0.0.0/{vpc}", "public_subnets": public, "private_subnets": private}
    _here(file, random)["network"] = network


def _callers(file: Data, random: Random) -> None:
    """Calls to anybody, real or not, twice or to itself."""
    names = [*file["services"], random.choice(("ordr", *file["services"]))]
    _some(file, random)["calls"] = random.choices(names, k=random.randint(1, 3))


def _twins(file: Data, random: Random) -> None:
    """Services whose names look alike, or are used already."""
    for name in random.choice(
        (
            ("order-1", "order1"),
            ("order-1", "order-2"),
            ("load-balancer",),
            ("endpoints",),
            ("localhost",),
            ("local-host",),
            ("tapgen",),
            ("tapgen-placeholder",),
            ("taps",),
        )
    ):
        file["services"][name] = {"port": 80}


def _to(file: Data, random: Random) -> None:
    """Calls, groups and ports of the load balancer whose rules may have one name."""
    left, right = random.choice((("a-to-b", "b-to-c"), ("a-to-b", "b-and-c")))
    group = random.choice(("b-group", "b-grp"))
    public = {"port": random.choice((80, 81)), "path": "/port"}
    file["services"] |= random.choice(
        (
            {left: {"calls": ["c"]}, "c": {"port": 1}, "a": {"calls": [right]}, right: {"port": 2}},
            {"a": {"calls": [group]}, group: {"port": 1}, "a-to-b": {}},
            {"a": {"calls": ["b"]}, "b": {"port": 1, "ports": {group.replace("b", "c"): 2}}, "a-to-b-c": {}},
            {group: public, "load-balancer-to-b": {}},
            {"port80": public},
        )
    )


def _stages(file: Data, random: Random) -> None:
    """Environments whose names look alike, and whose account may be named in two Regions."""
    name = random.choice(("stage1", "stage-2"))
    here = {"account": ACCOUNT, "region": REGION, "ingress": {"protocol": "http"}}
    other = {**here, "account": random.choice((ACCOUNT, OTHER_ACCOUNT)), "region": random.choice((REGION, "eu-west-2"))}
    file["environments"] = {"stage-1": here, name: other}
    file["ci"] = {"repository": "example/shop", "oidc_provider": random.choice(("make", "make", "existing"))}


def _ports(file: Data, random: Random) -> None:
    """Ports whose names in the mesh are long, or taken."""
    name = random.choice(("pay", "p" * 40))
    port = random.choice(("x", "admin", "admin-1", "q" * 23, "q" * 24, "pay"))
    file["services"][name] = {
        "port": 1,
        "ports": {port: 2, random.choice(("admin1", "other")): random.choice((1, 2, 3, 4))},
    }
    file["services"] |= random.choice(({}, {"pay-admin": {}}, {"pay-other": {}}))


def _long(file: Data, random: Random) -> None:
    """Names that fill the name of a stack, or overflow it."""
    file["name"] = "p" * 40
    file["services"]["s" * random.randint(57, 63)] = {}
    file["environments"] = {random.choice(("d", "dev", "production")): _environment(random)}


def _existing(file: Data, random: Random) -> None:
    """What is there already: whole or not, here or elsewhere, beside what only a thing that is made has."""
    here, elsewhere = _here(file, random), random.choice((REGION, REGION, REGION, "eu-west-2"))
    arn = f"{elsewhere}:{ACCOUNT}"
    subnets = [f"subnet-0a1b2c3{random.randint(1, 6)}" for _ in range(3)]
    vpc: Data = {"vpc": "vpc-0a1b2c3d", "cidr": "10.4.0.0/16", "private_subnets": subnets}
    vpc |= random.choice(({}, {"public_subnets": ["subnet-0a1b2c31", "subnet-0a1b2c32"]}))
    balancer: Data = {
        "listener": f"arn:aws:elasticloadbalancing:{arn}:listener/app/shared/1/2",
        "security_group": "sg-0a1b2c3d",
        "dns_name": "shared.b.co",
        **random.choice(({}, {"zone": "Z3"})),
        **random.choice(({}, {"priorities": {"first": random.choice((10, 2000)), "last": 1000}})),
    }
    zone = random.choice(({}, {}, {"hosted_zone": "Z1", "domain": "a.b.co"}))
    choices: tuple[Data, ...] = (
        {"network": {"existing": vpc, **random.choice(({}, {"nat": "single"}))}},
        {"ingress": {"existing": balancer, **zone, **random.choice(({}, {}, {"idle_timeout": 5}))}},
        {"alerts": {"topic": f"arn:aws:sns:{arn}:oncall"}, "keys": {"logs": f"arn:aws:kms:{arn}:key/1"}},
    )
    for choice in random.sample(choices, random.randint(1, 3)):
        here.update(choice)


def _paths(file: Data, random: Random) -> None:
    """Paths and hosts that are equal, or above one another."""
    for number in range(3):
        said = random.sample(("/", "/a", "/A", "/a/b", "/a/b/c", "/a-b", "/b"), random.choice((1, 1, 2)))
        priorities: tuple[Data, ...] = ({}, {}, {random.choice(said): random.choice((5, 6, 27500, 50000))})
        service: Data = {"port": 80, "path": said, "priority": random.choice(priorities)}
        hosts = random.choice(((), (), ("a.b.co",), ("*.b.co",), ("a.b.co", random.choice(("a.b.co", "*.b.co")))))
        file["services"][f"s{number}"] = service | ({"host": list(hosts)} if hosts else {})


def _data(file: Data, random: Random) -> None:
    """Tables, buckets and queues, with names, keys and ends that may not agree."""
    here = _here(file, random)
    attributes = ("id", "day", "total")
    table: Data = {"key": "id"}
    if random.random() < 0.5:
        table["sort"] = random.choice(attributes)
    if random.random() < 0.5:
        table["types"] = {random.choice(attributes): "number"}
    if random.random() < 0.5:
        table["ttl"] = random.choice(attributes)
    if random.random() < 0.5:
        table["indexes"] = {"by-day": {"key": "day", "attributes": random.choices(("a", "b", "c", "d", "id"), k=2)}}
    end: Data = random.choice(({}, {}, {"delete": True}, {"retired": True}, {"delete": True, "retired": True}))
    here["tables"] = {"carts": table}
    here["buckets"] = {random.choice(("files", "images", "carts")): {"expire_days": 7}}
    here["queues"] = {random.choice(("events", "mails", *file["services"])): end}
    here["protect"] = random.choice((True, False))


def _rights(file: Data, random: Random) -> None:
    """Access to what is there, in use or not, with verbs of its kind or not; and a statement of its own."""
    _here(file, random)["tables"] = {"carts": {"key": "id"}}
    end: Data = random.choice(({}, {}, {}, {"retired": True}))
    file["defaults"]["queues"] = {"events": end}
    file["defaults"]["tables"] = {"carts": {"key": "id"}}
    name = random.choice(("carts", "events", "events", "event"))
    verbs = ("read", "write") if name == "carts" else ("consume", "publish")
    service = _some(file, random)
    service["access"] = {name: random.choices((*verbs, *verbs, *verbs, "delete"), k=random.randint(1, 3))}
    if random.random() < 0.4:
        words = ("${carts.name}", "${events.url}", "${carts.arn}/x", "${events.uri}", "${cart.name}", "$${carts.name}")
        service["env"] = {"A": random.choice(words)}
    if random.random() < 0.3:
        file["services"]["events-queue"] = {"port": 80}
        _some(file, random)["calls"] = ["events-queue"]
        service["calls"] = ["events-queue"]
    if random.random() < 0.5:
        action = random.choice(("ses:SendEmail", "ses:SendEmail", "sqs:ListQueues", "ses:SendMail"))
        identity = f"arn:{random.choice(('aws', 'aws', 'aws-cn'))}:ses:{REGION}:{ACCOUNT}:identity/example.com"
        service["statements"] = [{"actions": [action], "resources": [random.choice((identity, identity, "*"))]}]


def _overrides(file: Data, random: Random) -> None:
    """Properties set or removed by hand: those that are there, once or twice, and sometimes one that is not."""
    why = {"layer": "keys", "resource": "LogsKey", "why": "This is an experiment"}
    choices = (
        {"path": "PendingWindowInDays", "set": 7},
        {"path": "Description", "set": "A key"},
        {"path": "EnableKeyRotation", "remove": True},
        {"path": "Enabled", "remove": False},
        {"path": "Enabled", "remove": True, "set": True},
        {"path": "PendingWindowInDay", "set": 7},
    )
    _here(file, random)["overrides"] = [why | dict(each) for each in random.choices(choices, k=random.randint(1, 2))]


def _sleepers(file: Data, random: Random) -> None:
    """A worker that may sleep, and what may wake it up."""
    _here(file, random)["queues"] = {"events": {"retired": random.random() < 0.2}}
    verbs = random.choice((["consume"], ["consume", "publish"], ["publish"]))
    queue = {"queue": {"name": random.choice(("events", "events", "event"))}}
    ports: Data = {"port": 80} if random.random() < 0.2 else {}
    file["services"]["sleeper"] = {
        "access": {"events": verbs},
        "scaling": random.choice((queue, queue, {})),
        "tasks": {"min": random.choice((0, 0, 1))},
        **ports,
    }


def _sidecars(file: Data, random: Random) -> None:
    """Containers that wait for each other, take their share, and write somewhere."""
    proxy: Data = {"image": "docker.io/envoyproxy/envoy:v1.36.0", "health": random.choice(({}, {"command": ["true"]}))}
    setup: Data = {"image": "docker.io/library/alpine:3.22", "essential": random.choice((True, False))}
    random.choice((proxy, setup)).update(
        random.choice(
            (
                {"image": None},
                {"memory": random.choice((128, 512, 2048))},
                {"cpu": random.choice((64, 1024))},
                {"needs": {random.choice(("app", "proxy", "setup", "stup")): "started"}},
                {"scratch": {"/tmp": random.choice((64, 600, 2048))}},  # in the container
                {"volumes": {"shared": random.choice(("/tmp", "/shared"))}},  # in the container
            )
        )
    )
    needs = {
        "proxy": random.choice(("started", "healthy", "finished")),
        "setup": random.choice(("started", "finished")),
    }
    name = random.choice(("proxy", "proxy", "proxy", "app", "telemetry"))
    _some(file, random).update(
        {
            "needs": {name if key == "proxy" else key: state for key, state in needs.items() if random.random() < 0.7},
            "sidecars": {name: proxy, "setup": setup},
            "telemetry": random.random() < 0.5,
        }
    )


def _stacks(file: Data, random: Random) -> None:
    """A template of one's own, under a name that is free or not, and a variable with what it offers or not."""
    own: Data = {"template": "tests/golden/platforms/overrides/infra/cache.yaml"}
    own["parameters"] = {"VpcId": "${network.vpc_id}", "SubnetIds": "${network.private_subnet_ids}"}
    group = f"${{firewall.service_group_ids.{next(iter(file['services']))}}}"
    own["parameters"]["ClientGroupId"] = random.choice((group, group, "${network.vpc_id}x", "sg-1"))
    names = random.choice((("cache",), ("cache",), ("cache-1", "cache1"), ("cache", next(iter(file["services"])))))
    file["defaults"]["stacks"] = dict.fromkeys(names, own)
    _some(file, random)["env"] = {"CACHE": f"at ${{cache.{random.choice(('Endpoint', 'Port', 'Endpont'))}}}"}


def _hosts(file: Data, random: Random) -> None:
    """Hosts of services and redirects, in a hosted zone or with certificates, few or many, near each other."""
    zone = {"hosted_zone": "Z0123456789ABCDEFGHIJ", "domain": "a.b.co"}
    names = ["x.b.co", "*.b.co", random.choice(("x-y.b.co", "b.co")), random.choice(("x.y.b.co", "c.b.co"))]
    names += [random.choice(("b.co", "c.co", "d.b.co"))]
    services: Data = {f"h{n}": {"port": 80, "host": host} for n, host in enumerate(dict.fromkeys(names))}
    if random.random() < 0.3:
        services |= {f"i{n}": {"port": 80, "host": f"i{n}.b.co"} for n in range(random.randint(3, 8))}
    file["services"] |= services
    sources: tuple[Data, ...] = (
        {"path": random.choice(("/old", "/old/x", "/old-x"))},
        {"path": "/old/x"},
        {"host": random.choice(("r.b.co", "*.r.b.co"))},
        {"path": "/", "exact": True},
    )
    targets: tuple[Data, ...] = ({"to_host": "s.r.b.co"}, {"to_path": "/old/y"}, {"to_path": "/new"})
    redirects = [source | random.choice(targets) for source in random.sample(sources, random.randint(1, 3))]
    arns = [f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{random.randint(1, 4)}" for _ in range(2)]
    given = {"certificate": arns[0].replace("/", "/x"), "certificates": arns}
    _here(file, random)["ingress"] = random.choice((zone, zone, given)) | {"redirects": redirects}


def _jobs(file: Data, random: Random) -> None:
    """Jobs by the clock and on request, with images of their own, of services, or of nobody."""
    some = random.choice(list(file["services"]))
    own = {"image": "ghcr.io/example/report:1"}
    file["jobs"] = {
        random.choice(("report", "report-1", some)): random.choice(({}, own, {"spot": True})),
        random.choice(("migrate", "report1")): {
            "image_of": random.choice((some, some, some, "ordr")),
            **random.choice(({}, {}, own, {"architecture": random.choice(("x86_64", "arm64"))})),
        },
        "nightly": {"schedule": random.choice(SCHEDULES), "timezone": random.choice(("UTC", "Europe/Berlin", "CEST"))},
    }


def _migrations(file: Data, random: Random) -> None:
    """Services that wait for a job: of their version, of another's, of its own, by the clock, or one for both."""
    names = list(file["services"])
    image: Data = random.choice(({}, *({"image_of": name} for name in random.choices(names, k=3))))
    file["jobs"] = {"migrate": image | random.choice(({}, {}, {"schedule": "rate(1 hour)"})), "seed": {}}
    for name in random.choices(names, k=2):
        file["services"][name]["migrate"] = random.choice(("migrate", "migrate", "migrate", "seed", "migrat"))


def _mesh(file: Data, random: Random) -> None:
    """Encrypted traffic of tasks with little room, to ports near those of Envoy, and to few of them or many."""
    _here(file, random)["mesh"] = {"tls": random.choice(("on", "mutual", "mutual", "mutual"))}
    port, more = random.choice((8443, 14999, 15000, 15101, 15399, 15400)), random.randint(6, 9)
    file["services"]["many"] = {"port": port, "ports": {f"p{number}": number for number in range(1, more)}}
    caller = _some(file, random)
    caller["calls"] = [] if caller is file["services"]["many"] else ["many"]
    caller |= random.choice(({}, {"cpu": 512, "memory": 1024}, {"cpu": 1024, "memory": 2048}))


def _app_mesh(file: Data, random: Random) -> None:
    """App Mesh, beside what it goes with and what it does not."""
    here, some = _here(file, random), _some(file, random)
    here["mesh"] = {"app_mesh": "2026-09-30", **random.choice(({}, {}, {"tls": "on"}, {"request_timeout": 16}))}
    if random.random() < 0.2:
        here["network"] = {"nat": "none", "endpoints": "interface"}
    some |= random.choice(({}, {"sticky": 60}, {"ports": {"x": 7}}, {"slow_start": 30}))
    file["services"][random.choice(("gateway", "relay"))] = {
        "port": random.choice((443, 8443)),
        "path": "/relay",
        "calls": [],
    }
    if "relay" in file["services"]:
        some["calls"] = ["relay"] if some is not file["services"]["relay"] else []


SCHEDULES = ("cron(0 6 * * ? *)", "cron(0 6 * * * *)", "rate(1 hour)", "rate(1 hours)", "cron(0 0 L * ? *)", "daily")


def _databases(file: Data, random: Random) -> None:
    """Databases, with names, versions and capacities that may not agree, and services that use them or others."""
    here, name = _here(file, random), random.choice(("shop", "orders", "order", "db"))
    versions: tuple[Data, ...] = ({}, {"version": "17.9"}, {"version": "13.20"}, {"engine": "mysql"})
    capacity = {"min": random.choice((0, 0.5, 4)), "max": random.choice((1, 2, 8))}
    user: Data = random.choice(({}, {"username": "shop"}, {"username": "postgres"}))
    here["databases"] = {name: {"capacity": capacity, **user, **random.choice(versions)}}
    if random.random() < 0.5:
        here["secrets"] = {random.choice((name, "queue")): {}}
    service = file["services"][random.choice(list(file["services"]))]
    if random.random() < 0.7:
        service["access"] = {random.choice((name, name, "shop")): ["connect"]}
    if random.random() < 0.7:
        service["secrets"] = {"DB_PASSWORD": f"{random.choice((name, name, 'shop'))}.password"}


CHANGES: tuple[Callable[[Data, Random], None], ...] = (
    _networks,
    _networks,
    _networks,
    _callers,
    _callers,
    _callers,
    _data,
    _data,
    _rights,
    _rights,
    _rights,
    _data,
    _databases,
    _databases,
    _databases,
    _twins,
    _twins,
    _to,
    _to,
    _stages,
    _stages,
    _ports,
    _ports,
    _long,
    _paths,
    _paths,
    _overrides,
    _overrides,
    _stacks,
    _existing,
    _existing,
    _existing,
    _hosts,
    _hosts,
    _hosts,
    _jobs,
    _jobs,
    _jobs,
    _migrations,
    _migrations,
    _mesh,
    _mesh,
    _app_mesh,
    _app_mesh,
    _set(_here, "network.cidr", "10.0.0.0/15", "10.0.0.0/16", "10.0.0.0/20", "10.0.0.0/28", "10.0.0.0/29"),
    _set(_here, "network.subnet_prefix", 16, 18, 19, 20, 27),
    _set(_here, "network.zones", 2, 3, 4),
    *(2 * [_update(_here, *({"region": "us-west-1", "network": {"zones": zones}} for zones in (2, 3)))]),
    _set(_here, "deployment.max_percent", 110, 125, 150, 199, 200),
    _set(_here, "deployment.strategy", "blue-green", "linear"),
    *(2 * [_update(_some, *({"port": 80, "path": paths, **COLOURS} for paths in ("/a", ["/a", "/b"])))]),
    *(3 * [_update(_some, *({"port": 80, "path": "/a", "sticky": 60, "deployment": {"strategy": s}} for s in MOVES))]),
    _update(
        _some, *({"port": 80, "path": "/a", "deployment": {"strategy": s, "linear": {"minutes": 1}}} for s in MOVES)
    ),
    *(3 * [_long_deployment]),
    *(2 * [_update(_some, *({"port": 80, "path": "/a", **_asked(times)} for times in (12, 13, 60)))]),
    *(3 * [_colours_at_a_given_balancer]),
    _set(_here, "mesh", {"request_timeout": 300}, {"request_timeout": 301}, {"idle_timeout": 15}, {"idle_timeout": 14}),
    _set(_here, "network", {"nat": "none", "endpoints": "gateway"}, {"nat": "none", "endpoints": "interface"}),
    _set(_some, "memory", 512, 1024, 2048, 30720, 122880, 249856),
    _set(_some, "cpu", *MEMORY),
    _set(_some, "tasks", {"min": 3, "max": 2}, {"min": 3, "max": 3}, {"max": 1}),
    _set(_some, "health.target", {"timeout": 10}, {"timeout": 9}, {"interval": 5}, {"interval": 6}),
    _set(_some, "protocol", "http2", "grpc"),
    _update(_some, *({"protocol": p, "strip_prefix": True, "path": "/x", "port": 80} for p in ("http2", "grpc"))),
    _update(
        _some,
        *(
            {"protocol": p, "health": {"target": {"status": s}}}
            for p in ("http", "grpc")
            for s in (0, 99, "200-299", "200,500", "101,404")
        ),
    ),
    _set(_some, "health.container", {"timeout": 30}, {"timeout": 29}, {"interval": 5}, {"start": 90}, {"start": 91}),
    _set(_some, "health.grace", 29, 30, 31, 0),
    _update(
        _some, {"drain": 61}, {"drain": 60}, {"stop_timeout": 29}, {"drain": 90, "capacity": {"spot": {"weight": 0}}}
    ),
    _set(
        _some,
        "capacity",
        {"spot": {"base": 1}},
        {"spot": {"base": 1}, "on_demand": {"base": 0}},
        {"on_demand": {"base": 2}},
    ),
    _set(_some, "capacity.on_demand", {"base": 1}, {"base": 11}, {"weight": 0}),
    _set(_some, "capacity", *({"on_demand": {"weight": a}, "spot": {"weight": b}} for a in (0, 1) for b in (0, 1))),
    _set(_here, "cluster.exec", True),
    _update(_here, {"cluster": {"exec": True}, "service": {"read_only": False}}),
    _update(
        _some,
        {"port": 1, "ports": {"a": 1}},
        {"port": 1, "ports": {"a": 2, "b": 2}},
        {"port": 1, "ports": {"a": 2, "b": 3}},
    ),
    _update(
        _some,
        {"port": None},
        {"port": None, "ports": {"x": 1}, "path": None},
        {"path": None, "strip_prefix": True},
        {"path": None, "priority": {"/": 7}},
    ),
    _update(_some, {"port": 80, "path": "/x", "strip_prefix": True, "priority": {"/x": 35001}}),
    _update(_some, *({"port": 80, "path": "/x", "smoke": {"path": path}} for path in ("/x/ready", "/xy", "/ready"))),
    _update(_some, *({"port": 80, "path": path, "smoke": {"status": 204}} for path in ("/x", None))),
    _set(_here, "secrets", *({"db": {}, name: {}} for name in ("data-1", "data1", "d-b")), {"data-1": {}, "data1": {}}),
    _set(
        _some,
        "secrets",
        *({"A": f"arn:aws:ssm:{r}:{a}:parameter/x"} for r in (REGION, "us-east-1") for a in (ACCOUNT, OTHER_ACCOUNT)),
        {"A": "secret:x:y"},
    ),
    _update(
        _some,
        *({"secret_keys": [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"], "secrets": {"A": name}} for name in ("/x", "/y")),
        {"secret_keys": [f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"], "secrets": {"A": "/x"}},
        {"secret_keys": [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"]},
    ),
    _set(_some, "secrets", {"A": "database.password"}, {"A": "databse.password"}, {"A_URL": "database.username"}),
    _update(_some, *({"env": {"A": "1"}, "secrets": {name: "database.password"}} for name in ("A", "B"))),
    _set(
        _some,
        "env",
        *({name: "x"} for name in ("PORT", "AWS_REGION", "ECS_X", "MY_PORT", "ORDER_URL", "ORDER_ADMIN_URL")),
    ),
    _set(_some, "env", *({"A": text} for text in (*CREDENTIALS, *HARMLESS, *REFERENCES))),
    _sleepers,
    _sleepers,
    _set(_some, "scaling.requests", 100, 1000),
    _sidecars,
    _sidecars,
    _sidecars,
    _set(_some, "scratch", *({"/run": size} for size in (64, 448, 2048, 16384))),
    _set(_some, "capacity", *({"on_demand": {"weight": a}, "spot": {"weight": 0}} for a in (0, 1))),
    _set(_some, "command", *(["echo", text] for text in (*REFERENCES, *CREDENTIALS, *HARMLESS))),
    _set(_some, "health.container.command", *(["echo", text] for text in REFERENCES)),
    _set(_here, "ingress", {}, {"protocol": "https"}, {"domain": "a.example.com"}, {"hosted_zone": "Z1"}),
    _set(_here, "ingress.domain", None, "b.example.com"),
    _set(_here, "ingress.protocol", "http", "https"),
    _set(
        _here,
        "ingress.certificate",
        *(f"arn:aws:acm:{r}:{a}:certificate/1" for r in (REGION, "us-east-1") for a in (ACCOUNT, OTHER_ACCOUNT)),
    ),
    _set(_here, "permissions_boundary", *(f"arn:aws:iam::{a}:policy/x" for a in (ACCOUNT, OTHER_ACCOUNT, "aws"))),
    _set(
        _some, "egress", [], [EVERYWHERE], [EVERYWHERE, EVERYWHERE], [{"cidr": "10.0.0.0/8", "port": 5432}, EVERYWHERE]
    ),
    _set(
        _some,
        "egress",
        [{"cidr": "10.0.0.0/8", "port": 80}],
        [{"cidr": "10.0.0.0/8", "port": 443}],
        *([{"cidr": "10.0.0.0/16", "port": p}, EVERYWHERE] for p in (9050, 8050)),
    ),
    _set(_here, "ingress.allow", ["1.0.0.0/8"], ["1.0.0.0/8", "2.0.0.0/8"], ["1.0.0.0/8", "1.0.0.0/8"]),
    _set(_here, "alerts.email", ["a@b.c"], ["a@b.c", "d@b.c"], ["a@b.c", "a@b.c"]),
    _set(
        _here,
        "tags",
        *({key: "x"} for key in ("Team", "Environment", "Service", "ManagedBy", "aws:x", "AWS:x", "awsome")),
    ),
    _update(
        _some,
        *({"image": image} for image in REFERENCES_OF_IMAGES),
        *({"image": image, "image_credentials": HUB} for image in (None, *REFERENCES_OF_IMAGES)),
    ),
    _update(_some, {"build": {}}, *({"build": {"context": "web"}, "image": image} for image in REFERENCES_OF_IMAGES)),
    _set(_some, "build", *({"args": {"A": text}} for text in (*CREDENTIALS, *HARMLESS))),
    _set(_some, "port", 0, 1, 65535, 65536, "80", 70000),
    _set(_here, "region", "eu-west-1", "europe", "cn-north-1", None),
    _set(_some, "prot", 1),
)
"""What may be changed; one is chosen as often as it is listed."""


def _platform(services: Data, **settings: Any) -> Data:
    here = {"account": ACCOUNT, "region": REGION, "ingress": {"protocol": "http"}, **settings}
    return {"name": "shop", "services": services, "environments": {"dev": here}}


def _public(low: int, high: int, random: Random) -> Data:
    ports = random.choice((1, high))
    return _platform({f"s{n}": {"port": 80 + n % ports, "path": f"/s{n}"} for n in range(random.randint(low, high))})


def _workers(low: int, high: int, random: Random) -> Data:
    return _platform({f"s{n}": {} for n in range(random.randint(low, high))})


def _much_called(random: Random) -> Data:
    callers: Data = {f"s{n}": {"calls": ["hub"]} for n in range(random.randint(58, 63))}
    return _platform({"hub": {"port": 80}, **callers})


def _much_calling(random: Random) -> Data:
    callees: Data = {f"s{n}": {"port": 8000 + n} for n in range(random.randint(57, 62))}
    return _platform({**callees, "hub": {"calls": list(callees)}})


def _dense(random: Random) -> Data:
    names = [f"s{n}" for n in range(24)]
    services: Data = {name: {"port": 80, "calls": [other for other in names if other != name][:20]} for name in names}
    services["s0"]["calls"] = services["s0"]["calls"][: random.randint(13, 20)]
    return _platform(services)


def _many_secrets(random: Random) -> Data:
    names = [f"s{n}" for n in range(random.randint(197, 204))]
    return _platform({"a": {}}, secrets={name: {} for name in names})


def _secretive(random: Random) -> Data:
    names = [f"s{n}" for n in range(random.randint(157, 163))]
    secrets = {f"V_{name}": f"{name}.password" for name in names}
    return _platform({"a": {"secrets": secrets}}, secrets={name: {} for name in names})


def _much_allowed(random: Random) -> Data:
    allow = [f"10.0.{n}.0/24" for n in range(random.randint(28, 33))]
    return _platform({"a": {}}, ingress={"allow": allow})


LARGE: tuple[Callable[[Random], Data], ...] = (
    partial(_public, 59, 62),
    partial(_public, 98, 103),
    partial(_workers, 168, 173),
    partial(_workers, 195, 202),
    _much_called,
    _much_calling,
    _dense,
    _many_secrets,
    _secretive,
    _much_allowed,
)
"""Platforms about as large as a quota allows."""
