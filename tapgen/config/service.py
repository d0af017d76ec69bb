"""What can be said about a service."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapgen.config.deployment import Deployment
from tapgen.config.scaling import Capacity, Scaling, Tasks
from tapgen.config.types import (
    Codes,
    HostPattern,
    List,
    Model,
    Name,
    Percent,
    Port,
    Priority,
    ProbePath,
    RoutePath,
    Several,
)
from tapgen.config.workload import ContainerCheck, Workload, WorkloadSettings

OTHER_PROTOCOL = 464
"""What the load balancer answers to HTTP/1.1 where a service speaks HTTP/2 or gRPC: the way there is right.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
"""


class TargetCheck(Model):
    """How the load balancer decides whether a task gets requests."""

    interval: int = Field(10, ge=5, le=300)
    """Seconds between two checks."""

    timeout: int = Field(5, ge=2, le=120)
    """Seconds until a check without an answer has failed."""

    healthy: int = Field(2, ge=2, le=10)
    """How many checks in a row must succeed before a task gets requests."""

    unhealthy: int = Field(3, ge=2, le=10)
    """How many checks in a row must fail before a task gets no more requests."""

    status: Codes | None = None
    """The codes that a healthy task answers with: `200-299`, or `200,204`. By default 200, and 0 for gRPC."""


class Health(Model):
    """How ECS and the load balancer find out that a task works."""

    path: ProbePath | None = None
    """The path that answers 200 when the service works; for gRPC the method that answers 0. By default `/health`, and
    for gRPC the standard `/grpc.health.v1.Health/Check`."""

    port: Port | None = None
    """The port that is asked, in the protocol of the service; by default its `port`."""

    grace: int = Field(90, ge=0, le=3600)
    """Seconds after the start of a task in which ECS ignores the load balancer's opinion."""

    target: TargetCheck = TargetCheck()
    """How the load balancer checks a task."""

    container: ContainerCheck = ContainerCheck()
    """How ECS checks the container from inside."""


class Alarms(Model):
    """When somebody is told. `docs/alarms.md` lists every alarm."""

    latency: float = Field(1.0, gt=0, le=300)
    """Seconds that the slowest hundredth of requests may take (p99)."""

    errors: Percent = 5
    """Percent of requests that may be answered with 5xx."""

    memory: Percent = 90
    """Percent of a task's memory that may be in use."""


class Smoke(Model):
    """What is asked of a service from outside, by `make smoke`, and before a new version gets requests."""

    path: ProbePath | None = None
    """The path that is asked for; by default every `path` of the service."""

    status: int = Field(200, ge=200, le=499)
    """The status that the answer must have."""


class ServiceSettings(WorkloadSettings):
    """A service: reached from the internet with a `path` or a `host`, by other services with a `port`, or by nobody."""

    port: Port | None = None
    """The port that the container listens on."""

    ports: dict[Name, Port] = Field({}, max_length=10)
    """More ports that callers may use, by name; they speak HTTP/1.1."""

    protocol: Literal["http", "http2", "grpc"] = "http"
    """What the service speaks at its `port`: HTTP/1.1, or HTTP/2 or gRPC without TLS. Cannot change once the service is
    deployed, since Service Connect does not let a protocol change."""

    calls: List[Name] = ()
    """The services that this one calls. Only what is listed becomes reachable, at the URL in the variable `<NAME>_URL`,
    and at `<NAME>_<PORT>_URL` for each of its `ports`."""

    path: Several[RoutePath] = Field((), max_length=20)
    """Where the service is on the internet, one path or several: `/payment` means `/payment` and all of `/payment/*`;
    `/` means everything that no other service answers."""

    host: Several[HostPattern] = Field((), max_length=3)
    """The host names for which the service answers, one or several: `shop.example.com`, or `*.example.com`. By default
    any. Without a `path`, all of the host is the service's."""

    strip_prefix: bool = False
    """Take the path away before the container sees the request: `/payment/7` arrives as `/7`."""

    priority: dict[RoutePath, Priority] = Field({})
    """The priority of the listener rule, by path. By default one follows from the path and the hosts alone; needed only
    where two collide."""

    slow_start: int | None = Field(None, ge=30, le=900)
    """Seconds over which a new task's share of the requests from the internet grows; by default full at once."""

    sticky: int | None = Field(None, ge=1, le=604800)
    """Seconds for which a browser keeps to one task, by a cookie of the load balancer; by default none does."""

    tasks: Tasks = Tasks()
    """Between which numbers of tasks the service scales."""

    scaling: Scaling = Scaling()
    """When the number of tasks changes."""

    capacity: Capacity = Capacity()
    """How the tasks are shared out between Fargate and Fargate Spot."""

    deployment: Deployment = Deployment()
    """How a new version replaces the old one; by default what `deployment` of the environment says."""

    health: Health = Health()
    """How ECS and the load balancer find out that a task works."""

    drain: int = Field(30, ge=0, le=3600)
    """Seconds for requests under way to end before the load balancer lets go of a task."""

    alarms: Alarms = Alarms()
    """When somebody is told that the service does badly."""

    smoke: Smoke = Smoke()
    """What a service with a `path` or a `host` is asked from outside: by `make smoke`, and before a new version gets
    requests."""

    migrate: Name | None = None
    """The job that runs to its end before tasks of a new version start, for 50 minutes at most: a migration, whose
    failure stops the release. Jobs that migrate must bear to be run again."""


class Service(ServiceSettings, Workload):
    """A service as it will be in one environment, every overlay applied."""

    kind = "service"

    @property
    def callees(self) -> tuple[str, ...]:
        """The services that it may call."""
        return self.calls

    @property
    def health_path(self) -> str:
        """The path, or the gRPC method, by which its health is asked for."""
        return self.health.path or ("/grpc.health.v1.Health/Check" if self.protocol == "grpc" else "/health")

    @property
    def health_port(self) -> int | None:
        """Where its health is asked for."""
        return self.health.port or self.port

    @property
    def balanced(self) -> dict[str, int]:
        """Where the load balancer reaches it: at its port, and where its health is asked for if that is elsewhere."""
        ports = {"": self.port, "health": self.health_port}
        return {name: port for name, port in ports.items() if port and (not name or port != self.port)}

    @property
    def paths(self) -> tuple[str, ...]:
        """Where it is on the internet, if anywhere: a host without a path is all the service's."""
        return self.path or (("/",) if self.host else ())

    @property
    def asked(self) -> tuple[str, ...]:
        """The paths that are asked for from outside to see whether it works."""
        return (self.smoke.path,) if self.smoke.path else self.paths

    @property
    def answers(self) -> tuple[int, ...]:
        """The statuses that are right there."""
        return (self.smoke.status,) if self.protocol == "http" else (OTHER_PROTOCOL, self.smoke.status)

    @property
    def two_groups(self) -> bool:
        """Whether the load balancer finds the old version and the new one in target groups of their own."""
        return self.deployment.coloured and bool(self.paths)

    @property
    def listens(self) -> dict[str, int]:
        """Where it can be called: `port` under the service's own name, then `ports` under theirs."""
        return ({self.name: self.port} if self.port else {}) | self.ports

    def speaks(self, port: str) -> str:
        """What is spoken at a port; only the main one can be anything else than HTTP/1.1."""
        return self.protocol if port == self.name else "http"

    @property
    def fewest_tasks(self) -> int:
        """The least number of tasks that run at any time."""
        return min([self.tasks.min, *(scheduled.min for scheduled in self.scaling.schedule.values())])

    @property
    def on_demand_base(self) -> int:
        """How many tasks run on Fargate at the ordinary price before any is shared out."""
        base = self.capacity.on_demand.base
        return self.tasks.min if base is None else base
