"""Ingress: the load balancer, its listeners, its certificate and its access logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import AWSHelperFn, Sub, Template, cloudwatch, s3
from troposphere import elasticloadbalancingv2 as elb

from tapgen.config import ingress
from tapgen.config.listener import record_title
from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.network import Network
from tapgen.parts.access_logs import access_logs
from tapgen.parts.alarms import Alarms, Threshold, metric
from tapgen.parts.arns import here
from tapgen.parts.context import arch, why
from tapgen.parts.domains import more_certificate, record, validated_certificate
from tapgen.parts.redirects import redirection
from tapgen.parts.waf import web_acl
from tapgen.stack import logical_id

NOT_FOUND = elb.FixedResponseConfig(
    StatusCode="404", ContentType="text/plain", MessageBody="No service answers this path."
)


@dataclass(frozen=True)
class TestDoor:
    """Where new versions are asked before they get requests."""

    listener_arn: Text
    scheme: str
    port: int
    host: Text
    """The host that is asked for, where a service has none of its own."""


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """The way in from the internet. Which path leads to which service stands with the service."""

    config: ingress.Ingress
    hosts: Sequence[str]
    """The host names of services and redirects, beside the domain."""
    protect: bool
    alarms: Alarms
    network: Network.Outputs
    group_id: SecurityGroupId
    tests: bool
    """Whether new versions have a listener of their own."""
    listener_arn: Text | None = None
    """The listener that is there already; None where one is made."""

    @dataclass(frozen=True)
    class Outputs:
        listener_arn: Text
        test: TestDoor | None
        """Where new versions are asked before they get requests; None where nobody asks them."""
        load_balancer_name: Text
        """As CloudWatch knows it: `app/name/id`."""
        dns_name: Text
        url: Text
        priorities: range
        """The priorities that rules may have."""

    def build(self, template: Template) -> Outputs:
        if (given := self.config.existing) and self.listener_arn:
            template.set_description("Ingress: names and redirects at a listener that is there already.")
            arch(template, "The load balancer, its logs and its default certificate are whose it is.")
            outputs = self._given(given, self.listener_arn)
            self._equip(template, outputs, given.zone or "")
        else:
            template.set_description("Ingress: the load balancer, its listeners, its certificate and its access logs.")
            arch(
                template,
                "internet -> load balancer -> listener -> the rules of the services; whatever no rule knows is 404.",
            )
            outputs, zone = self._made(template)
            self._equip(template, outputs, zone)
        return outputs

    def _given(self, given: ingress.ExistingIngress, listener_arn: Text) -> Outputs:
        dns_name = Text(given.dns_name)
        return self.Outputs(
            listener_arn=listener_arn,
            test=None,
            load_balancer_name=Text(given.load_balancer),
            dns_name=dns_name,
            url=self._url(dns_name),
            priorities=self.config.priorities,
        )

    def _made(self, template: Template) -> tuple[Outputs, AWSHelperFn]:
        """What the services need of a load balancer, and the zone of its DNS name."""
        logs = access_logs(template, self.config.access_log_days) if self.config.access_logs else None
        balancer = template.add_resource(self._load_balancer(logs))
        certificate = self._certificate(template)
        if certificate:
            template.add_resource(_redirect(balancer))
        listener = template.add_resource(self._listener(balancer, certificate))
        template.add_resource(self._alarm(balancer))
        if self.config.waf.enabled:
            web_acl(template, balancer, self.config.waf.rate_limit)
        dns_name = Text(balancer.get_att("DNSName"))
        test = None
        if self.tests:
            door = template.add_resource(self._test_listener(balancer, certificate))
            host = Text(self.config.domain) if self.config.domain else dns_name
            test = TestDoor(Text(door.ref()), self.config.protocol, self.config.test_port, host)
        outputs = self.Outputs(
            listener_arn=Text(listener.ref()),
            test=test,
            load_balancer_name=Text(balancer.get_att("LoadBalancerFullName")),
            dns_name=dns_name,
            url=self._url(dns_name),
            priorities=self.config.priorities,
        )
        return outputs, balancer.get_att("CanonicalHostedZoneID")

    def _equip(self, template: Template, at: Outputs, balancer_zone: AWSHelperFn | str) -> None:
        """What belongs to the listener, whoever made it: certificates, records and redirects."""
        if (zone := self.config.hosted_zone) and self.config.existing:
            certificate = template.add_resource(validated_certificate(zone, self._names()))
            template.add_resource(more_certificate("ListenerCertificate", certificate.ref(), at.listener_arn))
        for arn in self.config.certificates:
            title = f"Certificate{logical_id(arn.rpartition('/')[2])}"
            template.add_resource(more_certificate(title, here(arn), at.listener_arn))
        for name in self._names() if zone else ():
            title = record_title(self.config.domain, name)
            template.add_resource(record(title, name, zone or "", at.dns_name, balancer_zone))
        for redirect in self.config.redirects:
            template.add_resource(redirection(redirect, at.listener_arn, at.priorities))

    def _names(self) -> Sequence[str]:
        """The domain of the platform, and every other host for which there are rules."""
        return [*([self.config.domain] if self.config.domain else []), *self.hosts]

    def _url(self, dns_name: Text) -> Text:
        existing = self.config.existing
        if known := self.config.domain or (existing.dns_name if existing else None):
            return Text(f"{self.config.protocol}://{known}/")
        return Text(Sub(f"{self.config.protocol}://{dns_name}/"))

    def _load_balancer(self, logs: s3.BucketPolicy | None) -> elb.LoadBalancer:
        attributes = {
            "deletion_protection.enabled": _flag(self.protect),
            "idle_timeout.timeout_seconds": str(self.config.idle_timeout),
            "routing.http.drop_invalid_header_fields.enabled": "true",
            "routing.http.desync_mitigation_mode": "defensive",
            "access_logs.s3.enabled": _flag(logs is not None),
        }
        balancer = elb.LoadBalancer(
            "LoadBalancer",
            Type="application",
            Scheme="internet-facing",
            Subnets=self.network.public_subnet_ids,
            SecurityGroups=[self.group_id],
        )
        if logs:
            # The load balancer writes a test object as soon as the attribute is set.
            balancer.DependsOn = logs.title
            attributes["access_logs.s3.bucket"] = logs.Bucket
        balancer.LoadBalancerAttributes = [
            elb.LoadBalancerAttributes(Key=key, Value=value) for key, value in attributes.items()
        ]
        return balancer

    def _certificate(self, template: Template) -> AWSHelperFn | None:
        """The default certificate of the load balancer; None where it speaks plain HTTP."""
        if self.config.protocol == "http":
            return None
        if given := self.config.certificate:
            return here(given)
        arn: AWSHelperFn = template.add_resource(
            validated_certificate(self.config.hosted_zone or "", self._names())
        ).ref()
        return arn

    def _listener(self, balancer: elb.LoadBalancer, certificate: AWSHelperFn | None) -> elb.Listener:
        """Where clients of the platform come in."""
        if certificate:
            reason = "CloudFormation's own default policy still speaks TLS 1.0; so it is always named."
            return elb.Listener("HttpsListener", Metadata=why(reason), **self._speaking(balancer, 443, certificate))
        reason = "Without encryption, as tapgen.yaml says."
        return elb.Listener("HttpListener", Metadata=why(reason), **self._speaking(balancer, 80, None))

    def _test_listener(self, balancer: elb.LoadBalancer, certificate: AWSHelperFn | None) -> elb.Listener:
        """Where new versions are asked before clients reach them."""
        reason = "New versions are asked here before they get requests. Nobody else is let in: see the firewall."
        return elb.Listener(
            "TestListener", Metadata=why(reason), **self._speaking(balancer, self.config.test_port, certificate)
        )

    def _speaking(self, balancer: elb.LoadBalancer, port: int, certificate: AWSHelperFn | None) -> dict[str, Any]:
        """How a listener speaks, and what it answers where no rule does."""
        tls: dict[str, Any] = {}
        if certificate:
            tls = {
                "SslPolicy": self.config.tls_policy,
                "Certificates": [elb.Certificate(CertificateArn=certificate)],
            }
        return {
            "LoadBalancerArn": balancer.ref(),
            "Port": port,
            "Protocol": "HTTPS" if certificate else "HTTP",
            **tls,
            "DefaultActions": [elb.Action(Type="fixed-response", FixedResponseConfig=NOT_FOUND)],
        }

    def _alarm(self, balancer: elb.LoadBalancer) -> cloudwatch.Alarm:
        """What no service can tell: there was none that could be asked."""
        dimensions = {"LoadBalancer": balancer.get_att("LoadBalancerFullName")}
        return self.alarms.alarm(
            "FailedRequests",
            f"The load balancer itself answers more than {self.config.errors} requests a minute with 5xx.",
            metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", dimensions, "Sum"),
            Threshold("GreaterThanThreshold", self.config.errors, minutes=5),
        )


def _redirect(balancer: elb.LoadBalancer) -> elb.Listener:
    return elb.Listener(
        "HttpListener",
        Metadata=why("Plain HTTP is answered with where to go instead, and nothing else."),
        LoadBalancerArn=balancer.ref(),
        Port=80,
        Protocol="HTTP",
        DefaultActions=[
            elb.Action(
                Type="redirect",
                RedirectConfig=elb.RedirectConfig(Protocol="HTTPS", Port="443", StatusCode="HTTP_301"),
            )
        ],
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"
