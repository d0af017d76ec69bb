"""What can be said about the way in from the internet."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapgen.config.match import Match
from tapgen.config.priority import LAST
from tapgen.config.types import (
    CertificateArn,
    Cidr,
    Domain,
    HostedZone,
    HostPattern,
    List,
    ListenerArn,
    Model,
    Priority,
    RoutePath,
    SecurityGroupId,
    Several,
    TlsPolicy,
)


class Waf(Model):
    """The web application firewall before the load balancer."""

    enabled: bool = False
    """Use AWS's managed rules against common attacks, known bad inputs and addresses of ill repute."""

    rate_limit: int = Field(2000, ge=10, le=2_000_000_000)
    """How many requests one address may send in five minutes."""


class Redirect(Model):
    """Requests that are sent elsewhere: those to a `host`, to a `path`, or to both."""

    host: Several[HostPattern] = Field((), max_length=3)
    """The host names that are left, one or several; by default any."""

    path: RoutePath = "/"
    """The path that is left: `/old` means `/old` and all of `/old/*`."""

    exact: bool = False
    """Only the path itself is left, and nothing below."""

    to_host: Domain | None = None
    """The host name to ask instead; by default the same."""

    to_path: RoutePath | None = None
    """The path to ask for instead; by default the same."""

    status: Literal[301, 302] = 301
    """301, moved for good, which browsers remember; or 302, for now."""

    priority: Priority | None = None
    """The priority of the listener rule. By default one follows from the path and the hosts alone; needed only where
    two collide."""

    @property
    def match(self) -> Match:
        """The requests that it is for."""
        return Match(self.path, self.host, self.exact)


class Priorities(Model):
    """Between which priorities the listener rules of the platform are, where others have rules too."""

    first: Priority
    """The least priority that a rule may get: the first to be tried."""

    last: Priority
    """The greatest priority that a rule may get. The more there are, the seldomer two paths collide."""


class ExistingIngress(Model):
    """A listener that is there already; the load balancer, its logs and its default certificate are whose it is."""

    listener: ListenerArn
    """The ARN of the listener that gets the rules."""

    security_group: SecurityGroupId
    """The id of the security group of the load balancer, which must let out to the ports of the services, or
    where `mesh.tls` is `mutual` to 15100 and 15101."""

    dns_name: Domain
    """The DNS name of the load balancer."""

    zone: HostedZone | None = None
    """The canonical hosted zone of the load balancer, to which alias records lead: needed with `hosted_zone`."""

    priorities: Priorities = Priorities(first=1, last=LAST)
    """Between which priorities the rules of this platform are, apart from those of others at the same listener."""

    @property
    def load_balancer(self) -> str:
        """As CloudWatch knows it: `app/name/id`."""
        return self.listener.partition(":listener/")[2].rpartition("/")[0]


class Ingress(Model):
    """How the internet reaches the services. HTTPS needs a `certificate`, or a `hosted_zone` with a `domain`."""

    existing: ExistingIngress | None = None
    """A listener that is there already; no load balancer is made then."""

    protocol: Literal["https", "http"] = "https"
    """`http` serves without encryption, on port 80."""

    certificate: CertificateArn | None = None
    """The ARN of an ACM certificate of this account and Region."""

    certificates: List[CertificateArn] = Field((), max_length=25)
    """The ARNs of more ACM certificates, for other host names; clients get the one for the name they ask for."""

    hosted_zone: HostedZone | None = None
    """The id of a Route 53 hosted zone, where the certificate and the records are made: for `domain`, and for every
    `host` of services and redirects."""

    domain: Domain | None = None
    """The host name under which clients reach the platform."""

    redirects: List[Redirect] = Field((), max_length=50)
    """Requests that are sent elsewhere instead of to a service."""

    tls_policy: TlsPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    """Which versions and ciphers of TLS the load balancer speaks."""

    allow: List[Cidr] = Field(("0.0.0.0/0",), min_length=1, max_length=50)
    """From where the load balancer may be reached."""

    access_logs: bool = True
    """Keep a record of every request to the load balancer, in a bucket."""

    access_log_days: int = Field(90, ge=1, le=3650)
    """How many days the access logs are kept."""

    idle_timeout: int = Field(60, ge=1, le=4000)
    """Seconds after which the load balancer closes an idle connection."""

    errors: int = Field(20, ge=1, le=1_000_000)
    """5xx answers a minute of the load balancer itself, before the alarm: no task could be asked."""

    waf: Waf = Waf()
    """The web application firewall before the load balancer."""

    @property
    def priorities(self) -> range:
        """The priorities that rules may have."""
        between = self.existing.priorities if self.existing else Priorities(first=1, last=LAST)
        return range(between.first, max(between.first, between.last) + 1)

    @property
    def test_port(self) -> int:
        """Where new versions of services are asked before they get requests."""
        return 8443 if self.protocol == "https" else 8080

    @property
    def ports(self) -> tuple[int, ...]:
        """Where the load balancer listens; beside HTTPS, port 80 redirects."""
        return (443, 80) if self.protocol == "https" else (80,)
