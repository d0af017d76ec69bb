"""What can be said about a service."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tapgen.config.words import (
    Cidr,
    List,
    Name,
    Percent,
    Plain,
    Port,
    RoutePath,
    SecretPart,
    User,
    Variable,
    Words,
    looks,
)

Cpu = Literal[256, 512, 1024, 2048, 4096, 8192, 16384, 32768]


class Tasks(Words):
    """How many tasks run."""

    min: int = Field(2, ge=1, le=5000)
    """Never fewer than these."""

    max: int = Field(10, ge=1, le=5000)
    """Never more than these."""


class Scaling(Words):
    """When the number of tasks changes between `tasks.min` and `tasks.max`."""

    cpu: int = Field(70, ge=10, le=95)
    """The average CPU utilization, in percent, that scaling aims at."""

    out_cooldown: int = Field(60, ge=0, le=3600)
    """Seconds to wait after adding tasks before adding more."""

    in_cooldown: int = Field(300, ge=0, le=3600)
    """Seconds to wait after removing tasks before removing more. Short ones make the number of tasks flap."""


class OnDemand(Words):
    """The share of tasks that runs on Fargate at the ordinary price, and is never reclaimed."""

    base: int | None = Field(None, ge=0, le=5000)
    """So many tasks run here before any is shared out; without it, `tasks.min`."""

    weight: int = Field(1, ge=0, le=1000)
    """The share, against the weight of `spot`, of the tasks above the base."""


class Spot(Words):
    """The share of tasks that runs on Fargate Spot, for a third of the price; AWS may reclaim each in two minutes."""

    base: int = Field(0, ge=0, le=5000)
    """So many tasks run here before any is shared out. Only one of the two may have a base."""

    weight: int = Field(3, ge=0, le=1000)
    """The share, against the weight of `on_demand`, of the tasks above the base."""


class Capacity(Words):
    """Where the tasks run."""

    on_demand: OnDemand = OnDemand()
    """On Fargate."""

    spot: Spot = Spot()
    """On Fargate Spot."""


class TargetCheck(Words):
    """How the load balancer decides whether a task gets requests."""

    interval: int = Field(10, ge=5, le=300)
    """Seconds between two checks."""

    timeout: int = Field(5, ge=2, le=120)
    """Seconds until a check without an answer has failed."""

    healthy: int = Field(2, ge=2, le=10)
    """So many checks in a row must succeed before a task gets requests."""

    unhealthy: int = Field(3, ge=2, le=10)
    """So many checks in a row must fail before a task gets no more requests."""


class ContainerCheck(Words):
    """How ECS decides whether a container works; it replaces the task of one that does not."""

    command: List[str] | None = Field(None, max_length=20)
    """The command to run in the container, as a list. Without it, `wget` or `curl` of the image asks for `health.path`;
    an empty list means no check."""

    interval: int = Field(30, ge=5, le=300)
    """Seconds between two checks."""

    timeout: int = Field(5, ge=2, le=60)
    """Seconds until a check without an answer has failed."""

    retries: int = Field(3, ge=1, le=10)
    """So many checks in a row must fail before the container counts as unhealthy."""

    start: int = Field(30, ge=0, le=300)
    """Seconds after the start in which failures do not count."""


class Health(Words):
    """How it is found out that a task works."""

    path: Annotated[str, looks(r"^/[A-Za-z0-9/_.~-]*$", "a path such as /health", 1024)] = "/health"
    """The path that answers 200 when the service works."""

    grace: int = Field(90, ge=0, le=3600)
    """Seconds after the start of a task in which ECS ignores the load balancer's opinion."""

    target: TargetCheck = TargetCheck()
    """The load balancer's check."""

    container: ContainerCheck = ContainerCheck()
    """The container's own check."""


class Alarms(Words):
    """When somebody is told. `docs/alarms.md` lists every alarm."""

    latency: float = Field(1.0, gt=0, le=300)
    """Seconds that the slowest hundredth of requests may take (p99)."""

    errors: Percent = 5
    """Percent of requests that may be answered with 5xx."""

    memory: Percent = 90
    """Percent of the memory that may be in use."""


class Egress(Words):
    """One way out of a task."""

    cidr: Cidr
    """To these addresses."""

    port: Port
    """To this TCP port."""


class ServiceWords(Words):
    """A service: reached from the internet with a `path`, by other services with a `port`, by nobody with neither."""

    port: Port | None = None
    """The port that the container listens on."""

    ports: dict[Name, Port] = Field({}, max_length=10)
    """More ports that callers may use, by name."""

    path: RoutePath | None = None
    """Where the service is on the internet: `/payment` means `/payment` and all of `/payment/*`."""

    strip_prefix: bool = False
    """Take the path away before the container sees it: `/payment/7` arrives as `/7`."""

    priority: int | None = Field(None, ge=1, le=50000)
    """The priority of the listener rule. Without it, one follows from the path alone; needed only where two collide."""

    calls: List[Name] = ()
    """The services it calls. Only these become reachable, each at the URL in the variable `<NAME>_URL`."""

    cpu: Cpu = 1024
    """CPU units of a task; 1024 are one vCPU."""

    memory: int = Field(2048, ge=512, le=249856)
    """MiB of memory of a task. Which values are possible depends on `cpu`."""

    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """What the image is built for."""

    tasks: Tasks = Tasks()
    """How many tasks run."""

    scaling: Scaling = Scaling()
    """When that number changes."""

    capacity: Capacity = Capacity()
    """Where the tasks run."""

    env: dict[Variable, Plain] = Field({})
    """Plain environment variables. Never put a secret here."""

    secrets: dict[Variable, SecretPart] = Field({})
    """Environment variables that hold a part of a secret: `DB_PASSWORD: database.password`."""

    egress: List[Egress] = Field((Egress(cidr="0.0.0.0/0", port=443),), max_length=50)
    """Where tasks may connect to, beside the services they call. HTTPS is needed for images, secrets and logs."""

    health: Health = Health()
    """How it is found out that a task works."""

    drain: int = Field(30, ge=0, le=3600)
    """Seconds for requests under way to end before the load balancer lets go of a task."""

    stop_timeout: int = Field(60, ge=1, le=120)
    """Seconds between SIGTERM and SIGKILL."""

    user: User = "10001:10001"
    """The numeric user, and group, that the container runs as; never root."""

    read_only: bool = True
    """The container cannot write to its root file system. Must be `false` where `cluster.exec` is on."""

    open_files: int = Field(65536, ge=1024, le=1048576)
    """How many files and sockets the container may have open."""

    alarms: Alarms = Alarms()
    """When somebody is told."""


class Service(ServiceWords):
    """A service as it will be in one environment, every overlay applied."""

    name: Name
    """Its key in the file."""

    image: str | None = None
    """The digest of its image, from `tapgen.images.yaml`; without one it runs the placeholder."""

    @property
    def on_demand_base(self) -> int:
        """How many tasks run on Fargate at the ordinary price before any is shared out."""
        base = self.capacity.on_demand.base
        return self.tasks.min if base is None else base


def url_variable(callee: str) -> str:
    """The environment variable in which callers find the URL of a service."""
    return f"{callee.replace('-', '_').upper()}_URL"
