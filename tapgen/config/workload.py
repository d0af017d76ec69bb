"""What can be said about whatever runs as tasks: services, and jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tapgen.config.data import Verb
from tapgen.config.existing import Existing, existing
from tapgen.config.types import (
    ActionName,
    Cidr,
    Folder,
    ImageReference,
    KeyArn,
    List,
    Model,
    MountPath,
    Name,
    Plain,
    Port,
    Retention,
    SecretArn,
    SecretSource,
    Stage,
    StatementResource,
    User,
    Variable,
)
from tapgen.config.yaml.tree import Keys

APP = "app"
"""What the container of a service or job itself is called in its task."""

Cpu = Literal[256, 512, 1024, 2048, 4096, 8192, 16384, 32768]


class Egress(Model):
    """One way out of a task."""

    cidr: Cidr
    """The IPv4 network that tasks may connect to."""

    port: Port
    """The TCP port that tasks may connect to."""


class Statement(Model):
    """A right that no verb speaks of."""

    actions: List[ActionName] = Field(min_length=1, max_length=50)
    """What tasks may do, action by action: `ses:SendEmail`."""

    resources: List[StatementResource] = Field(min_length=1, max_length=50)
    """On what: ARNs, or `*` for actions that know no resource."""


class ContainerCheck(Model):
    """How ECS decides whether a container works; it replaces the task of one that does not."""

    command: List[str] | None = Field(None, max_length=20)
    """The command that checks the container from inside, as a list; an empty one means no check. By default a service
    is asked for its `health.path` with `wget` or `curl` of its image; a side-car and gRPC are not checked."""

    interval: int = Field(30, ge=5, le=300)
    """Seconds between two checks."""

    timeout: int = Field(5, ge=2, le=60)
    """Seconds until a check without an answer has failed."""

    retries: int = Field(3, ge=1, le=10)
    """How many checks in a row must fail before the container counts as unhealthy."""

    start: int = Field(30, ge=0, le=300)
    """Seconds after the start of a container in which failed checks do not count."""


class ContainerSettings(Model):
    """What can be said about any container: that of a service or job itself, and its side-cars."""

    command: List[str] | None = Field(None, max_length=100)
    """What to run in place of the image's own command, word by word."""

    entry_point: List[str] | None = Field(None, max_length=100)
    """What to run in place of the image's own entry point, word by word."""

    env: dict[Variable, Plain] = Field({})
    """Plain environment variables. Never put a secret here. `${orders.name}` stands for the name of data that `access`
    names, `${order.url}` for the URL of a service that is called; `$${` stands for `${` itself."""

    secrets: dict[Variable, SecretSource] = Field({})
    """Environment variables that hold a part of a secret or of the credentials of a database, `DB_PASSWORD:
    shop.password`, or what exists already: a secret by its ARN or as `secret:name`, with `:key` after them for one JSON
    key; a parameter by its ARN or path."""

    needs: dict[Name, Literal["started", "healthy", "finished"]] = Field({})
    """The other containers of the task that this one waits for, and until when: they have `started`, they are
    `healthy`, or they have `finished` without an error. The container of the service or job itself is called `app`."""

    start_timeout: int | None = Field(None, ge=2, le=600)
    """Seconds after which those that wait for this container give up, and the task stops."""

    stop_timeout: int = Field(60, ge=1, le=120)
    """Seconds that a container has between SIGTERM and SIGKILL."""

    user: User = "10001:10001"
    """The numeric user, and group, that the container runs as; never root."""

    read_only: bool = True
    """The container cannot write to its root file system. Must be `false` where `cluster.exec` is on."""

    scratch: dict[MountPath, int] = Field({"/tmp": 64})  # noqa: S108  # in the container
    """Directories in memory that the container can write to, each with its size in MiB, which counts as memory of the
    task. Gone with the container."""

    volumes: dict[Name, MountPath] = Field({})
    """Directories on the task's own disk, by name: containers that mount the same name share one. Root alone can write
    there, unless the image has a `VOLUME` at the same place that belongs to its user. Gone with the task."""

    open_files: int = Field(65536, ge=1024, le=1048576)
    """How many files and sockets the container may have open."""

    @property
    def generated(self) -> dict[str, str]:
        """The variables that hold a part of a secret of the platform's own."""
        return {name: source for name, source in self.secrets.items() if not existing(source)}

    @property
    def existing(self) -> dict[str, Existing]:
        """The variables that hold what the platform does not make."""
        found = {name: existing(source) for name, source in self.secrets.items()}
        return {name: each for name, each in found.items() if each}


class Sidecar(ContainerSettings):
    """A container that runs beside that of the service or job, in the same task: they reach each other on localhost."""

    image: ImageReference | None = None
    """The image, by tag or, better, by digest: `docker.io/library/redis:8.2`. Every side-car needs one."""

    essential: bool = True
    """Whether the task stops when this container stops."""

    cpu: int | None = Field(None, ge=1, le=32768)
    """CPU units of the task that are kept for the side-car."""

    memory: int | None = Field(None, ge=6, le=249856)
    """MiB of the task's memory that the side-car may use; whoever uses more is killed."""

    health: ContainerCheck = ContainerCheck()
    """How ECS decides whether the side-car works."""


class Build(Model):
    """How `make images` builds an image. Whatever is said here, only its digest reaches the templates."""

    context: Folder | None = None
    """The folder that the builder gets, as seen from `tapgen.yaml`; by default the one that is named like the
    service."""

    dockerfile: Folder | None = None
    """The file that says how to build, as seen from `context`; by default the one that the builder looks for."""

    target: Stage | None = None
    """The stage of the file to build; by default the last."""

    args: dict[Variable, Plain] = Field({})
    """Build arguments. Never put a secret here: anyone who has the image reads them."""


class WorkloadSettings(ContainerSettings):
    """What tasks are made of."""

    build: Build | None = None
    """How `make images` builds the image, where the platform has its source; `{}` will often do."""

    image: ImageReference | None = None
    """An image that somebody else builds, public or private, with its tag or digest. Tasks pull from there, until
    `make images` has copied the image into the registry."""

    image_credentials: SecretArn | None = None
    """The ARN of the secret with the `username` and `password` of the registry that `image` is in, where that is
    private and not ECR. Its key must be the one that AWS keeps for secrets."""

    access: dict[Name, Annotated[List[Verb], Field(min_length=1)]] = Field({})
    """What tasks may do with data, by name: `read`, `write` and `delete` in tables and buckets, `publish` and `consume`
    in queues, `connect` to databases. Where they are is in the variables `<NAME>_TABLE`, `<NAME>_BUCKET` and
    `<NAME>_QUEUE_URL`; in `<NAME>_HOST`, `<NAME>_PORT` and `<NAME>_DATABASE`, and in `<NAME>_READER_HOST` where some
    instances of a database are only read."""

    statements: List[Statement] = Field((), max_length=20)
    """More rights of tasks, on what the platform does not make."""

    secret_keys: List[KeyArn] = Field((), max_length=10)
    """The ARNs of the KMS keys that existing secrets and parameters are encrypted with, where that is not AWS's own."""

    cpu: Cpu = 1024
    """CPU units of a task; 1024 are one vCPU."""

    memory: int = Field(2048, ge=512, le=249856)
    """MiB of memory of a task. Which values are possible depends on `cpu`."""

    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """The processor architecture that the image is built for."""

    storage: int | None = Field(None, ge=21, le=200)
    """GiB of disk of a task, for its images and volumes; 20 by default."""

    sidecars: dict[Name, Sidecar] = Field({}, max_length=8)
    """More containers in each task, by name."""

    telemetry: bool = False
    """Run an OpenTelemetry collector in each task, which takes traces and metrics on localhost, ports 4317 (gRPC) and
    4318 (HTTP), and sends them to X-Ray and CloudWatch."""

    log_days: Retention | None = None
    """How many days its logs are kept; by default what `logs.days` says."""

    egress: List[Egress] = Field((Egress(cidr="0.0.0.0/0", port=443),), max_length=50)
    """Where tasks may connect to, beside the services under `calls`. Images, secrets and logs need `0.0.0.0/0` at port
    443."""


class Workload(WorkloadSettings):
    """A workload as it will be in one environment, every overlay applied."""

    kind: ClassVar[str]
    """What it is."""

    name: Name
    """Its key in the file."""

    digest: str | None = None
    """The digest of its image in the registry, from `tapgen.images.yaml`."""

    @property
    def connects(self) -> tuple[str, ...]:
        """The databases that it reaches."""
        return tuple(name for name, verbs in self.access.items() if "connect" in verbs)

    @property
    def has_image(self) -> bool:
        """Whether it runs an image of its own; the placeholder runs in its stead where not."""
        return self.digest is not None or self.image is not None

    @property
    def stack(self) -> str:
        """What its nested stack and its template are called."""
        return f"{self.kind}-{self.name}"

    @property
    def callees(self) -> tuple[str, ...]:
        """The services that it may call."""
        return ()

    @property
    def repository(self) -> str:
        """Whose repository the image is in."""
        return self.name


def split_reference(reference: str) -> tuple[str, str]:
    """The secret and the JSON key that a reference such as `database.password` means."""
    secret, _, part = reference.partition(".")
    return secret, part


def url_variable(callee: str) -> str:
    """The environment variable in which callers find the URL of a service, or of `<service>-<port>`."""
    return f"{callee.replace('-', '_').upper()}_URL"


def secrets(workload: WorkloadSettings) -> list[str]:
    """The secrets, and the databases with credentials, that containers of a workload get a part of."""
    parts = (part for _, container in containers(workload) for part in container.generated.values())
    return list(dict.fromkeys(split_reference(part)[0] for part in parts))


def containers(workload: WorkloadSettings) -> Iterator[tuple[Keys, ContainerSettings]]:
    """Every container that the file describes of a workload, and where."""
    yield (), workload
    for name, sidecar in workload.sidecars.items():
        yield ("sidecars", name), sidecar
