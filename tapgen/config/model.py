"""What `tapgen.yaml` can say: the platform, its environments and what they share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapgen.config.data import Bucket, Queue, Table
from tapgen.config.database import Database
from tapgen.config.deployment import Deployment
from tapgen.config.hatch import Override, OwnStackSettings
from tapgen.config.ingress import Ingress
from tapgen.config.job import JobSettings
from tapgen.config.mesh import Mesh
from tapgen.config.network import Network
from tapgen.config.regions import Region
from tapgen.config.service import ServiceSettings
from tapgen.config.types import (
    AccountId,
    ClusterName,
    Email,
    KeyArn,
    List,
    Model,
    Name,
    NamespaceArn,
    PolicyArn,
    Repository,
    Retention,
    TagKey,
    TagValue,
    TopicArn,
    Username,
)


class ExistingCluster(Model):
    """A cluster that is there already, with FARGATE and FARGATE_SPOT as capacity providers, and Container Insights."""

    name: ClusterName
    """The name of the cluster."""

    namespace: NamespaceArn
    """The ARN of the Cloud Map namespace in which services find each other."""


class Cluster(Model):
    """The ECS cluster."""

    existing: ExistingCluster | None = None
    """A cluster that is there already; none is made then."""

    insights: Literal["enhanced", "enabled"] = "enhanced"
    """How much Container Insights measures: down to each container, or each service."""

    exec: bool = False
    """Allow `aws ecs execute-command`; every session is recorded in an encrypted log group."""


class Logs(Model):
    """Logs of containers, flow logs and sessions; all encrypted."""

    days: Retention = 30
    """How many days logs are kept; only the numbers that CloudWatch Logs knows."""


class Alerts(Model):
    """Who is told of alarms and failed deployments."""

    email: List[Email] = Field((), max_length=50)
    """The addresses that alarms are sent to; each must confirm once."""

    topic: TopicArn | None = None
    """The ARN of a topic that is there already, to which CloudWatch and EventBridge may publish; none is made then."""


class KeyArns(Model):
    """KMS keys that are there already, in place of those that would be made; their policies must allow what is said."""

    logs: KeyArn | None = None
    """The ARN of the key for log groups, which CloudWatch Logs must be allowed to use."""

    alerts: KeyArn | None = None
    """The ARN of the key for the topic of alarms, which CloudWatch and EventBridge must be allowed to use."""

    credentials: KeyArn | None = None
    """The ARN of the key for generated secrets."""

    exec: KeyArn | None = None
    """The ARN of the key for sessions of execute-command."""

    databases: KeyArn | None = None
    """The ARN of the key for databases, their credentials and logs excepted."""

    mesh: KeyArn | None = None
    """The ARN of the key for the private keys that ECS makes where `mesh.tls` is `on`."""


class Secret(Model):
    """A generated secret, with the JSON keys `username` and `password`."""

    username: Username = "app"
    """The value of the secret's `username`."""

    length: int = Field(32, ge=16, le=128)
    """How many characters the generated `password` has."""

    rotate_days: int | None = Field(None, ge=1, le=1000)
    """Days after which the `password` is replaced, and services with the secret get new tasks; by default never. Only
    for what services agree on among themselves: nobody else is told."""


class Settings(Model):
    """What every environment starts from, and each may override."""

    network: Network = Network()
    """The VPC and its ways out."""

    ingress: Ingress = Ingress()
    """How the internet reaches the services."""

    mesh: Mesh = Mesh()
    """How services reach each other."""

    deployment: Deployment = Deployment()
    """How a new version replaces the old one, in every service that says nothing else."""

    cluster: Cluster = Cluster()
    """The ECS cluster that runs the services."""

    logs: Logs = Logs()
    """How long logs of the platform are kept."""

    alerts: Alerts = Alerts()
    """Who is told of alarms and failed deployments."""

    keys: KeyArns = KeyArns()
    """KMS keys that are there already."""

    secrets: dict[Name, Secret] = Field({})
    """Secrets that the platform generates, by name."""

    tables: dict[Name, Table] = Field({})
    """DynamoDB tables, by name."""

    buckets: dict[Name, Bucket] = Field({})
    """S3 buckets, by name."""

    queues: dict[Name, Queue] = Field({})
    """SQS queues, by name."""

    databases: dict[Name, Database] = Field({})
    """Aurora databases, by name."""

    protect: bool = True
    """Keep data, keys, secrets and logs when their stack is deleted, and protect tables, databases and the load
    balancer from deletion."""

    permissions_boundary: PolicyArn | None = None
    """The ARN of the policy that bounds every role."""

    tags: dict[TagKey, TagValue] = Field({}, max_length=40)
    """More tags on everything, beside `Environment`, `Service` and `ManagedBy`."""

    stacks: dict[Name, OwnStackSettings] = Field({})
    """Templates of your own, nested beside those of tapgen, by name. What they offer stands in `env` of services as
    `${search.Endpoint}`: the name of the stack, and of an output."""

    overrides: List[Override] = Field((), max_length=100)
    """Properties of generated resources that are set or removed by hand, where no other word will do."""

    service: ServiceSettings = ServiceSettings()
    """What holds for every service unless the service says otherwise."""

    job: JobSettings = JobSettings()
    """What holds for every job unless the job says otherwise."""


class EnvironmentSettings(Settings):
    """An environment: its account and Region, and what is different there."""

    account: AccountId
    """The AWS account of the environment. Nothing is deployed to another."""

    region: Region
    """The AWS Region of the environment. Nothing is deployed to another."""

    services: dict[Name, ServiceSettings] = Field({})
    """What is different about single services in this environment."""

    jobs: dict[Name, JobSettings] = Field({})
    """What is different about single jobs in this environment."""


class Registry(Model):
    """The repositories of the images."""

    keep: int = Field(10, ge=1, le=1000)
    """How many of the newest images of each service are kept; those in use stay however old they are."""

    untagged_days: int = Field(7, ge=1, le=365)
    """Days after which an image without a tag goes."""

    severity: Literal["critical", "high", "medium", "low", "off"] = "critical"
    """How bad a weakness must be, found by the scan of an image, for `make images` to stop; `off` waits for no scan."""


class Ci(Model):
    """The GitHub repository whose workflows may deploy."""

    repository: Repository
    """The GitHub repository, as `owner/name`; with the ids of both, `owner@1234/name@5678`, if the repository was made
    or renamed after the middle of 2026, since GitHub's tokens name the ids then."""

    oidc_provider: Literal["make", "existing"] = "make"
    """Whether to make the OIDC provider for GitHub, of which an account can have one: `existing` where the account has
    one already."""

    images: bool = False
    """Whether workflows may also run `make images` and `make promote`; a deployment needs images that are there."""

    previews: bool = False
    """Whether workflows may also run `make preview APART=yes`, for what nobody has merged yet, in jobs of the GitHub
    environment `preview.NAME`. The role that they get can carry nothing out."""


class File(Model):
    """tapgen.yaml: a microservices platform on Amazon ECS Fargate."""

    name: Name
    """The name of the platform: what its stacks begin with."""

    defaults: Settings = Settings()
    """What every environment starts from, and each may override."""

    services: dict[Name, ServiceSettings] = Field(min_length=1)
    """The services of the platform, by name."""

    jobs: dict[Name, JobSettings] = Field({})
    """The jobs of the platform, by name: containers that run to their end."""

    environments: dict[Name, EnvironmentSettings] = Field(min_length=1)
    """The environments, by name; each becomes a folder of templates."""

    registry: Registry = Registry()
    """The repositories of the images."""

    ci: Ci | None = None
    """The repository whose workflows may deploy without a person."""
