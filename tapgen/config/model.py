"""What `tapgen.yaml` can say: the platform, its environments and what they share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapgen.config.service import Service, ServiceWords
from tapgen.config.words import (
    AccountId,
    CertificateArn,
    Cidr,
    Domain,
    Email,
    HostedZone,
    List,
    Name,
    PolicyArn,
    Region,
    Repository,
    TagKey,
    TagValue,
    Username,
    Words,
)

Retention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
TlsPolicy = Literal[
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
]


class Network(Words):
    """The VPC."""

    cidr: Cidr = "10.0.0.0/16"
    """Its addresses."""

    zones: int = Field(3, ge=2, le=4)
    """In how many availability zones it has subnets."""

    subnet_prefix: int = Field(24, ge=16, le=28)
    """The prefix length of each subnet: 24 means 251 addresses for tasks."""

    public_subnets: List[Cidr] = ()
    """The public subnets, one per zone, where they are not to follow from `cidr` and `subnet_prefix`."""

    private_subnets: List[Cidr] = ()
    """The private subnets, one per zone, where they are not to follow from `cidr` and `subnet_prefix`."""

    nat: Literal["single", "per-az", "regional", "none"] = "per-az"
    """How private subnets reach the internet: one NAT gateway (cheap, fails with its zone), one per zone, one regional
    gateway that follows the zones, or not at all."""

    endpoints: Literal["gateway", "interface"] | None = None
    """`gateway`: S3 and DynamoDB stay inside AWS, free of charge. `interface`: also what tasks call to start and run,
    paid by the hour and zone. Without it, `interface` where there is no NAT."""

    flow_logs: Literal["all", "reject", "off"] = "all"
    """Which connections are recorded."""

    @property
    def has_interface_endpoints(self) -> bool:
        """Whether tasks reach AWS's APIs without leaving the VPC."""
        return (self.endpoints or ("interface" if self.nat == "none" else "gateway")) == "interface"


class Waf(Words):
    """The web application firewall before the load balancer."""

    enabled: bool = False
    """Use AWS's managed rules against common attacks, known bad inputs and addresses of ill repute."""

    rate_limit: int = Field(2000, ge=10, le=2_000_000_000)
    """Requests that one address may send in five minutes."""


class Ingress(Words):
    """How the internet reaches the services. HTTPS needs a `certificate`, or a `hosted_zone` with a `domain`."""

    protocol: Literal["https", "http"] = "https"
    """`http` serves without encryption, on port 80."""

    certificate: CertificateArn | None = None
    """The ARN of an ACM certificate of this account and Region."""

    hosted_zone: HostedZone | None = None
    """The id of a Route 53 hosted zone: the certificate and the record of `domain` are made in it."""

    domain: Domain | None = None
    """The host name of the platform."""

    tls_policy: TlsPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    """Which versions and ciphers of TLS are spoken."""

    allow: List[Cidr] = Field(("0.0.0.0/0",), min_length=1, max_length=50)
    """From where the load balancer may be reached."""

    access_logs: bool = True
    """Keep a record of every request, in a bucket."""

    access_log_days: int = Field(90, ge=1, le=3650)
    """For so many days."""

    idle_timeout: int = Field(60, ge=1, le=4000)
    """Seconds after which an idle connection is closed."""

    errors: int = Field(20, ge=1, le=1_000_000)
    """So many requests a minute may the load balancer itself answer with 5xx, because no task could be asked."""

    waf: Waf = Waf()
    """The web application firewall."""

    @property
    def ports(self) -> tuple[int, ...]:
        """Where the load balancer listens; beside HTTPS, port 80 redirects."""
        return (443, 80) if self.protocol == "https" else (80,)


class Mesh(Words):
    """How services reach each other."""

    tls: Literal["off"] = "off"
    """Traffic between services is not encrypted."""

    request_timeout: int = Field(15, ge=1, le=3600)
    """Seconds that a call between services may take."""

    idle_timeout: int = Field(300, ge=1, le=3600)
    """Seconds after which an idle connection between services is closed."""

    access_logs: bool = True
    """Record every call between services, in the log group of the service called."""


class Deployment(Words):
    """How a new version replaces the old one, which keeps its full number of tasks until the new one works."""

    strategy: Literal["rolling"] = "rolling"
    """`rolling`: new tasks start, then as many old ones stop."""

    max_percent: int = Field(200, ge=110, le=400)
    """How many tasks may run meanwhile, in percent of the wanted number."""


class Cluster(Words):
    """The ECS cluster."""

    insights: Literal["enhanced", "enabled"] = "enhanced"
    """How much Container Insights measures: down to each container, or each service."""

    exec: bool = False
    """Allow `aws ecs execute-command`; every session is recorded in an encrypted log group."""


class Logs(Words):
    """Logs of containers, flow logs and sessions; all encrypted."""

    days: Retention = 30
    """For so many days they are kept; only the numbers that CloudWatch Logs knows."""


class Alerts(Words):
    """Who is told of alarms and failed deployments."""

    email: List[Email] = Field((), max_length=50)
    """To these addresses; each must confirm once."""


class Secret(Words):
    """A generated secret, with the JSON keys `username` and `password`."""

    username: Username = "app"
    """The value of `username`."""

    length: int = Field(32, ge=16, le=128)
    """How many characters the generated `password` has."""


class Settings(Words):
    """What every environment starts from, and each may override."""

    network: Network = Network()
    """The VPC."""

    ingress: Ingress = Ingress()
    """How the internet reaches the services."""

    mesh: Mesh = Mesh()
    """How services reach each other."""

    deployment: Deployment = Deployment()
    """How a new version replaces the old one."""

    cluster: Cluster = Cluster()
    """The ECS cluster."""

    logs: Logs = Logs()
    """How long logs are kept."""

    alerts: Alerts = Alerts()
    """Who is told of alarms."""

    secrets: dict[Name, Secret] = Field({})
    """Secrets that the platform generates, by name."""

    protect: bool = True
    """Keep keys, secrets, logs and buckets when their stack is deleted, and protect the load balancer from deletion."""

    permissions_boundary: PolicyArn | None = None
    """The ARN of the policy that bounds every role."""

    tags: dict[TagKey, TagValue] = Field({}, max_length=40)
    """More tags on everything, beside `Environment`, `Service` and `ManagedBy`."""

    service: ServiceWords = ServiceWords()
    """What holds for every service unless the service says otherwise."""


class EnvironmentWords(Settings):
    """An environment: where it is, and what is different in it."""

    account: AccountId
    """The AWS account. Nothing is deployed to another."""

    region: Region
    """The AWS Region. Nothing is deployed to another."""

    services: dict[Name, ServiceWords] = Field({})
    """What is different about single services here."""


class Registry(Words):
    """The repositories of the images."""

    keep: int = Field(10, ge=1, le=1000)
    """So many of the newest images of each service are kept; those in use stay however old they are."""

    untagged_days: int = Field(7, ge=1, le=365)
    """Days after which an image without a tag goes."""


class Ci(Words):
    """The GitHub repository whose workflows may deploy."""

    repository: Repository
    """As `owner/name`; with the ids of both, `owner@1234/name@5678`, where GitHub's tokens call it so, as they do if
    the repository was made or renamed after the middle of 2026."""

    oidc_provider: Literal["make", "existing"] = "make"
    """An account can have one OIDC provider for GitHub: `existing` where it has it already."""


class File(Words):
    """tapgen.yaml: a microservices platform on Amazon ECS Fargate."""

    name: Name
    """The platform."""

    defaults: Settings = Settings()
    """What every environment starts from."""

    services: dict[Name, ServiceWords] = Field(min_length=1)
    """The services, by name."""

    environments: dict[Name, EnvironmentWords] = Field(min_length=1)
    """The environments, by name; each becomes a folder of templates."""

    registry: Registry = Registry()
    """The repositories of the images."""

    ci: Ci | None = None
    """Who may deploy without a person."""


class Environment(EnvironmentWords):
    """One environment with every default and overlay applied: what the layers are made from."""

    platform: Name
    """The name of the platform."""

    name: Name
    """The name of the environment."""

    services: dict[Name, Service]  # type: ignore[assignment]  # each complete, where the file says only what differs
    """Every service, complete."""

    @property
    def stack_name(self) -> str:
        """What the root stack is called."""
        return f"{self.platform}-{self.name}"
