"""What must hold for the load balancer, and for what belongs to one account and Region."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.model import Environment
from tapgen.config.rules.complaint import Complaint


def https_needs_certificate(environment: Environment) -> Iterator[Complaint]:
    """HTTPS has a certificate, given or made; without a public service there is no load balancer.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
    """
    ingress = environment.ingress
    if environment.public and ingress.protocol == "https" and not ingress.certificate and not ingress.hosted_zone:
        hint = (
            "give a `certificate`, or a `hosted_zone` and a `domain`; or `protocol: http` to serve without encryption"
        )
        yield Complaint(("ingress",), "HTTPS needs a certificate", "", hint, ("ingress", "protocol"))


def hosted_zone_needs_domain(environment: Environment) -> Iterator[Complaint]:
    """What is made in a hosted zone is made for a domain."""
    ingress = environment.ingress
    if ingress.hosted_zone and not ingress.domain:
        message = "the certificate and the record in a hosted zone need a `domain`"
        yield Complaint(("ingress", "hosted_zone"), message, "", "add the `domain`", premises=(("ingress", "domain"),))


def http_has_no_certificate(environment: Environment) -> Iterator[Complaint]:
    """What is only for HTTPS is not silently ignored."""
    ingress = environment.ingress
    for key in ("certificate", "hosted_zone"):
        if ingress.protocol == "http" and getattr(ingress, key):
            hint = "leave `protocol` out for HTTPS, or take it back here: `null`"
            yield Complaint(("ingress", key), "has no use without encryption, and `protocol` is http", "", hint)


def certificate_is_here(environment: Environment) -> Iterator[Complaint]:
    """A load balancer uses certificates of its own account and Region.

    https://docs.aws.amazon.com/acm/latest/userguide/acm-regions.html
    """
    if not environment.ingress.certificate:
        return
    _, _, _, region, account, _ = environment.ingress.certificate.split(":")
    if (region, account) != (environment.region, environment.account):
        message = f"is a certificate of account {account} in {region}"
        yield Complaint(
            ("ingress", "certificate"), message, f"one of account {environment.account} in {environment.region}"
        )


def boundary_is_here(environment: Environment) -> Iterator[Complaint]:
    """A permissions boundary is a policy of the account of the roles, or of AWS.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    if environment.permissions_boundary:
        account = environment.permissions_boundary.split(":")[4]
        if account not in {environment.account, "aws"}:
            message = f"is a policy of account {account}"
            yield Complaint(("permissions_boundary",), message, f"one of account {environment.account}, or of aws")
