"""Host names of the load balancer: their certificates and their records, parts of the ingress."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import certificatemanager, route53
from troposphere import elasticloadbalancingv2 as elb

from tapgen.parts.arns import here
from tapgen.parts.context import why
from tapgen.parts.present import present
from tapgen.stack import logical_id


def validated_certificate(zone: str | None, names: Sequence[str]) -> certificatemanager.Certificate:
    """A certificate for *names* that proves itself through the hosted zone.

    Source: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    domain, *others = names
    return certificatemanager.Certificate(
        "Certificate",
        **present(
            Metadata=why(
                "Validated through the hosted zone: CloudFormation writes the record, and ACM renews for ever."
            ),
            DomainName=domain,
            SubjectAlternativeNames=others or None,
            ValidationMethod="DNS",
            DomainValidationOptions=[
                certificatemanager.DomainValidationOption(DomainName=name, HostedZoneId=zone) for name in names
            ],
        ),
    )


def more_certificate(arn: str, listener: elb.Listener) -> elb.ListenerCertificate:
    """A certificate that clients get who ask for a name of it; one for each, as CloudFormation has it.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
    """
    return elb.ListenerCertificate(
        f"Certificate{logical_id(arn.rpartition('/')[2])}",
        ListenerArn=listener.ref(),
        Certificates=[elb.Certificate(CertificateArn=here(arn))],
    )


def record(zone: str | None, title: str, name: str, balancer: elb.LoadBalancer) -> route53.RecordSetType:
    """Where *name* leads: to the load balancer."""
    return route53.RecordSetType(
        title,
        HostedZoneId=zone,
        Name=name,
        Type="A",
        AliasTarget=route53.AliasTarget(  # type: ignore[attr-defined, no-untyped-call]  # troposphere leaves it untyped
            HostedZoneId=balancer.get_att("CanonicalHostedZoneID"),
            DNSName=balancer.get_att("DNSName"),
            EvaluateTargetHealth=True,
        ),
    )
