"""What can be said about the way in from the internet."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapgen.config.match import Match
from tapgen.config.types import (
    CertificateArn,
    Cidr,
    Domain,
    HostedZone,
    HostPattern,
    List,
    Model,
    Priority,
    RoutePath,
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


class Ingress(Model):
    """How the internet reaches the services. HTTPS needs a `certificate`, or a `hosted_zone` with a `domain`."""

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
    def ports(self) -> tuple[int, ...]:
        """Where the load balancer listens; beside HTTPS, port 80 redirects."""
        return (443, 80) if self.protocol == "https" else (80,)
