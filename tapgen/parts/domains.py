"""Host names of the load balancer: their certificates and their records, parts of the ingress."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import AWSHelperFn, certificatemanager, route53
from troposphere import elasticloadbalancingv2 as elb

from tapgen.kinds import Text
from tapgen.parts.context import why
from tapgen.parts.present import present


def validated_certificate(zone: str, names: Sequence[str]) -> certificatemanager.Certificate:
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


def more_certificate(title: str, certificate: AWSHelperFn, listener_arn: Text) -> elb.ListenerCertificate:
    """A certificate that clients get who ask for a name of it; one for each, as CloudFormation has it.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
    """
    return elb.ListenerCertificate(
        title, ListenerArn=listener_arn, Certificates=[elb.Certificate(CertificateArn=certificate)]
    )


def record(
    title: str, name: str, zone: str, balancer_dns_name: Text, balancer_zone: AWSHelperFn | str
) -> route53.RecordSetType:
    """Where *name* of the hosted zone leads: to the load balancer, which has a zone of its own."""
    return route53.RecordSetType(
        title,
        HostedZoneId=zone,
        Name=name,
        Type="A",
        AliasTarget=route53.AliasTarget(  # type: ignore[attr-defined, no-untyped-call]  # troposphere leaves it untyped
            HostedZoneId=balancer_zone, DNSName=balancer_dns_name, EvaluateTargetHealth=True
        ),
    )
