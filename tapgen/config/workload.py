"""What can be said about whatever runs as tasks: services, and jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tapgen.config.data import Verb
from tapgen.config.types import (
    ActionName,
    Cidr,
    ImageReference,
    List,
    Model,
    Name,
    Plain,
    Port,
    SecretArn,
    SecretPart,
    StatementResource,
    User,
    Variable,
)

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


class WorkloadSettings(Model):
    """What tasks are made of."""

    image: ImageReference | None = None
    """An image that somebody else builds, public or private, with its tag or digest. Tasks pull from there,
    unless `tapgen.images.yaml` names the digest of a copy in the registry."""

    image_credentials: SecretArn | None = None
    """The ARN of the secret with the `username` and `password` of the registry that `image` is in, where that is
    private and not ECR. Its key must be the one that AWS keeps for secrets."""

    calls: List[Name] = ()
    """The services that this one calls. Only what is listed becomes reachable, at the URL in the variable `<NAME>_URL`,
    and at `<NAME>_<PORT>_URL` for each of its `ports`."""

    access: dict[Name, Annotated[List[Verb], Field(min_length=1)]] = Field({})
    """What tasks may do with data, by name: `read`, `write` and `delete` in tables and buckets, `publish` and `consume`
    in queues. Where they are is in the variables `<NAME>_TABLE`, `<NAME>_BUCKET` and `<NAME>_QUEUE_URL`."""

    statements: List[Statement] = Field((), max_length=20)
    """More rights of tasks, on what the platform does not make."""

    cpu: Cpu = 1024
    """CPU units of a task; 1024 are one vCPU."""

    memory: int = Field(2048, ge=512, le=249856)
    """MiB of memory of a task. Which values are possible depends on `cpu`."""

    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """The processor architecture that the image is built for."""

    env: dict[Variable, Plain] = Field({})
    """Plain environment variables. Never put a secret here. `${orders.name}` stands for the name of data that `access`
    names, `${order.url}` for the URL of a service that is called; `$${` stands for `${` itself."""

    secrets: dict[Variable, SecretPart] = Field({})
    """Environment variables that hold a part of a secret: `DB_PASSWORD: database.password`."""

    egress: List[Egress] = Field((Egress(cidr="0.0.0.0/0", port=443),), max_length=50)
    """Where tasks may connect to, beside the services they call. Images, secrets and logs need `0.0.0.0/0` at port
    443."""

    stop_timeout: int = Field(60, ge=1, le=120)
    """Seconds that a container has between SIGTERM and SIGKILL."""

    user: User = "10001:10001"
    """The numeric user, and group, that the container runs as; never root."""

    read_only: bool = True
    """The container cannot write to its root file system. Must be `false` where `cluster.exec` is on."""

    open_files: int = Field(65536, ge=1024, le=1048576)
    """How many files and sockets the container may have open."""


class Workload(WorkloadSettings):
    """A workload as it will be in one environment, every overlay applied."""

    name: Name
    """Its key in the file."""

    digest: str | None = None
    """The digest of its image in the registry, from `tapgen.images.yaml`."""

    @property
    def has_image(self) -> bool:
        """Whether it runs an image of its own; the placeholder runs in its stead where not."""
        return self.digest is not None or self.image is not None


def split_reference(reference: str) -> tuple[str, str]:
    """The secret and the JSON key that a reference such as `database.password` means."""
    secret, _, part = reference.partition(".")
    return secret, part


def url_variable(callee: str) -> str:
    """The environment variable in which callers find the URL of a service, or of `<service>-<port>`."""
    return f"{callee.replace('-', '_').upper()}_URL"
