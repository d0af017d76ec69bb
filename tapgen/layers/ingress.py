"""Ingress: the load balancer, its listeners, its certificate and its access logs."""

from __future__ import annotations

from dataclasses import dataclass

from awacs.aws import Allow, ArnLike, Condition, Principal, Statement
from awacs.s3 import PutObject
from troposphere import Sub, Template, certificatemanager, cloudwatch, route53, s3
from troposphere import elasticloadbalancingv2 as elb

from tapgen.config import model
from tapgen.kinds import SecurityGroupId, Text
from tapgen.layers.network import Network
from tapgen.parts.alarms import Alarms, Threshold, metric
from tapgen.parts.arns import here
from tapgen.parts.buckets import CLOSED, ENCRYPTED, OWNED, tls_only
from tapgen.parts.context import arch, why
from tapgen.parts.policies import document
from tapgen.parts.retention import KEPT
from tapgen.parts.waf import web_acl

NOT_FOUND = elb.FixedResponseConfig(
    StatusCode="404", ContentType="text/plain", MessageBody="No service answers this path."
)


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """The way in from the internet. Which path leads to which service stands with the service."""

    config: model.Ingress
    protect: bool
    alarms: Alarms
    network: Network.Outputs
    group_id: SecurityGroupId

    @dataclass(frozen=True)
    class Outputs:
        listener_arn: Text
        load_balancer_name: Text
        """As CloudWatch knows it: `app/name/id`."""
        dns_name: Text
        url: Text

    def build(self, template: Template) -> Outputs:
        template.set_description("Ingress: the load balancer, its listeners, its certificate and its access logs.")
        arch(
            template,
            "internet -> load balancer -> listener -> the rules of the services; whatever no rule knows is 404.",
        )
        logs = self._access_logs(template) if self.config.access_logs else None
        balancer = template.add_resource(self._load_balancer(logs))
        listener = (
            self._https(template, balancer) if self.config.protocol == "https" else self._http(template, balancer)
        )
        if self.config.hosted_zone:
            template.add_resource(self._record(balancer))
        template.add_resource(self._alarm(balancer))
        if self.config.waf.enabled:
            web_acl(template, balancer, self.config.waf.rate_limit)
        return self.Outputs(
            listener_arn=Text(listener.ref()),
            load_balancer_name=Text(balancer.get_att("LoadBalancerFullName")),
            dns_name=Text(balancer.get_att("DNSName")),
            url=self._url(balancer),
        )

    def _url(self, balancer: elb.LoadBalancer) -> Text:
        if self.config.domain:
            return Text(f"{self.config.protocol}://{self.config.domain}/")
        return Text(Sub(f"{self.config.protocol}://{Text(balancer.get_att('DNSName'))}/"))

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

    def _https(self, template: Template, balancer: elb.LoadBalancer) -> elb.Listener:
        given = self.config.certificate
        certificate = here(given) if given else template.add_resource(self._certificate()).ref()
        template.add_resource(
            elb.Listener(
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
        )
        return template.add_resource(
            elb.Listener(
                "HttpsListener",
                Metadata=why("CloudFormation's own default policy still speaks TLS 1.0; so it is always named."),
                LoadBalancerArn=balancer.ref(),
                Port=443,
                Protocol="HTTPS",
                SslPolicy=self.config.tls_policy,
                Certificates=[elb.Certificate(CertificateArn=certificate)],
                DefaultActions=[elb.Action(Type="fixed-response", FixedResponseConfig=NOT_FOUND)],
            )
        )

    def _http(self, template: Template, balancer: elb.LoadBalancer) -> elb.Listener:
        return template.add_resource(
            elb.Listener(
                "HttpListener",
                Metadata=why("Without encryption, as tapgen.yaml says."),
                LoadBalancerArn=balancer.ref(),
                Port=80,
                Protocol="HTTP",
                DefaultActions=[elb.Action(Type="fixed-response", FixedResponseConfig=NOT_FOUND)],
            )
        )

    def _certificate(self) -> certificatemanager.Certificate:
        """A certificate that proves itself through the hosted zone.

        Source: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
        """
        return certificatemanager.Certificate(
            "Certificate",
            Metadata=why(
                "Validated through the hosted zone: CloudFormation writes the record, and ACM renews for ever."
            ),
            DomainName=self.config.domain,
            ValidationMethod="DNS",
            DomainValidationOptions=[
                certificatemanager.DomainValidationOption(
                    DomainName=self.config.domain, HostedZoneId=self.config.hosted_zone
                )
            ],
        )

    def _record(self, balancer: elb.LoadBalancer) -> route53.RecordSetType:
        return route53.RecordSetType(
            "Record",
            HostedZoneId=self.config.hosted_zone,
            Name=self.config.domain,
            Type="A",
            AliasTarget=route53.AliasTarget(  # type: ignore[attr-defined, no-untyped-call]  # troposphere leaves it untyped
                HostedZoneId=balancer.get_att("CanonicalHostedZoneID"),
                DNSName=balancer.get_att("DNSName"),
                EvaluateTargetHealth=True,
            ),
        )

    def _alarm(self, balancer: elb.LoadBalancer) -> cloudwatch.Alarm:
        """What no service can tell: there was none that could be asked."""
        dimensions = {"LoadBalancer": balancer.get_att("LoadBalancerFullName")}
        return self.alarms.alarm(
            "FailedRequests",
            f"The load balancer itself answers more than {self.config.errors} requests a minute with 5xx.",
            metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", dimensions, "Sum"),
            Threshold("GreaterThanThreshold", self.config.errors, minutes=5),
        )

    def _access_logs(self, template: Template) -> s3.BucketPolicy:
        bucket = template.add_resource(
            s3.Bucket(
                "AccessLogs",
                **KEPT,
                Metadata=why(
                    "Who asked for what. Load balancers can write only to buckets with S3's own key, not one of KMS."
                ),
                BucketEncryption=ENCRYPTED,
                LifecycleConfiguration=s3.LifecycleConfiguration(
                    Rules=[
                        s3.LifecycleRule(Id="expire", Status="Enabled", ExpirationInDays=self.config.access_log_days)
                    ]
                ),
                OwnershipControls=OWNED,
                PublicAccessBlockConfiguration=CLOSED,
            )
        )
        return template.add_resource(
            s3.BucketPolicy(
                "AccessLogsPolicy",
                **KEPT,
                Bucket=bucket.ref(),
                PolicyDocument=document(_deliver(bucket), tls_only(bucket)),
            )
        )


def _deliver(bucket: s3.Bucket) -> Statement:
    """Lets load balancers of this account and Region put their logs.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    balancers = Sub("arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:${AWS::AccountId}:loadbalancer/*")
    return Statement(
        Sid="LoadBalancersOfThisAccountDeliver",
        Effect=Allow,
        Principal=Principal("Service", "logdelivery.elasticloadbalancing.amazonaws.com"),
        Action=[PutObject],
        Resource=[Sub(f"{Text(bucket.get_att('Arn'))}/AWSLogs/${{AWS::AccountId}}/*")],
        Condition=Condition(ArnLike("aws:SourceArn", balancers)),
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"
