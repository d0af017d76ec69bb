"""What must hold for the load balancer, and for what belongs to one account and Region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tapgen.config.environment import Environment
from tapgen.config.ingress import Redirect
from tapgen.config.listener import hosts, record_title, redirect_title, rules
from tapgen.config.match import Match
from tapgen.config.rules.complaint import Complaint
from tapgen.config.yaml.tree import Keys


def https_needs_certificate(environment: Environment) -> Iterator[Complaint]:
    """HTTPS has a certificate, given or made; without a public service there is no load balancer.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
    """
    ingress = environment.ingress
    made = environment.public and not ingress.existing
    if made and ingress.protocol == "https" and not ingress.certificate and not ingress.hosted_zone:
        hint = (
            "give a `certificate`, or a `hosted_zone` and a `domain`; or `protocol: http` to serve without encryption"
        )
        yield Complaint(("ingress",), "HTTPS needs a certificate", "", hint, ("ingress", "protocol"))


def http2_needs_https(environment: Environment) -> Iterator[Complaint]:
    """Load balancers send HTTP/2 and gRPC to targets only from a listener with encryption.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    """
    for name, service in environment.public.items():
        if service.protocol != "http" and environment.ingress.protocol == "http":
            message = f"{service.protocol} cannot be reached from the internet without encryption"
            hint = "give `ingress` a certificate, or leave the service's `path` and `host` out"
            premises = (("services", name, "path"), ("services", name, "host"))
            at = ("services", name, "protocol")
            yield Complaint(at, message, "http", hint, premises=(*premises, ("ingress", "protocol")))


def hosted_zone_needs_domain(environment: Environment) -> Iterator[Complaint]:
    """What is made in a hosted zone is made for a domain."""
    ingress = environment.ingress
    if ingress.hosted_zone and not ingress.domain:
        message = "the certificate and the record in a hosted zone need a `domain`"
        yield Complaint(("ingress", "hosted_zone"), message, "", "add the `domain`", premises=(("ingress", "domain"),))


def http_has_no_certificate(environment: Environment) -> Iterator[Complaint]:
    """What is only for HTTPS is not silently ignored."""
    ingress = environment.ingress
    for key in ("certificate", "certificates", "hosted_zone"):
        if ingress.protocol == "http" and getattr(ingress, key):
            hint = "leave `protocol` out for HTTPS, or take it back here: `null`"
            yield Complaint(("ingress", key), "has no use without encryption, and `protocol` is http", "", hint)


def certificate_is_here(environment: Environment) -> Iterator[Complaint]:
    """A load balancer uses certificates of its own account and Region.

    https://docs.aws.amazon.com/acm/latest/userguide/acm-regions.html
    """
    given: dict[Keys, str] = {
        ("ingress", "certificates", n): arn for n, arn in enumerate(environment.ingress.certificates)
    }
    if environment.ingress.certificate:
        given["ingress", "certificate"] = environment.ingress.certificate
    for path, arn in given.items():
        _, _, _, region, account, _ = arn.split(":")
        if (region, account) != (environment.region, environment.account):
            message = f"is a certificate of account {account} in {region}"
            yield Complaint(path, message, f"one of account {environment.account} in {environment.region}")


def distinct_certificates(environment: Environment) -> Iterator[Complaint]:
    """A certificate is named once; it is for all of its names."""
    first = environment.ingress.certificate
    for position, arn in enumerate(environment.ingress.certificates):
        if arn == first or arn in environment.ingress.certificates[:position]:
            yield Complaint(("ingress", "certificates", position), "is named already", "", "leave it out")


def hosts_in_zone(environment: Environment) -> Iterator[Complaint]:
    """Every host is in the hosted zone, where its record is made: the validation of a certificate would never end.

    The file knows the zone by its id alone, so that the names must end as that of `domain` does.

    https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    ingress = environment.ingress
    if not ingress.hosted_zone or not ingress.domain:
        return
    ending = ingress.domain.split(".")[-2:]
    for rule in rules(environment):
        for position, host in enumerate(rule.match.hosts):
            if host.split(".")[-2:] != ending:
                message = f"{host} cannot be in the zone of {ingress.domain}, where its record would be made"
                hint = "leave `hosted_zone` out and name certificates, or choose a name of the zone"
                path = rule.at[: 2 if rule.at[0] == "services" else 3]
                yield Complaint((*path, "host", position), message, f"a name that ends in .{'.'.join(ending)}", hint)


def host_ids(environment: Environment) -> Iterator[Complaint]:
    """Every host has a logical id of its own, which its record is named by."""
    if not environment.ingress.hosted_zone:
        return
    seen = {record_title(environment.ingress.domain, host): host for host in reversed(hosts(environment))}
    for host in hosts(environment):
        other = seen[record_title(environment.ingress.domain, host)]
        if other != host:
            message = f"the records of {host} and {other} are one logical id"
            yield Complaint(("ingress", "hosted_zone"), message, "", "leave `hosted_zone` out, or rename one of them")


def redirect_ids(environment: Environment) -> Iterator[Complaint]:
    """Every redirect has a logical id of its own, which its rule is named by; of equal ones, `distinct_paths` tells."""
    seen: dict[str, Redirect] = {}
    for position, redirect in enumerate(environment.ingress.redirects):
        other = seen.setdefault(redirect_title(redirect), redirect)
        if not other.match.same(redirect.match):
            message = f"{redirect.match} and {other.match} are both {redirect_title(redirect)} as a logical id"
            hint = "join them: a redirect may have several hosts"
            yield Complaint(("ingress", "redirects", position), message, "", hint)


def redirects_lead_elsewhere(environment: Environment) -> Iterator[Complaint]:
    """A redirect does not lead to itself.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
    """
    for position, redirect in enumerate(environment.ingress.redirects):
        at = ("ingress", "redirects", position)
        target = Match(redirect.to_path or redirect.path, (redirect.to_host,) if redirect.to_host else redirect.host)
        if redirect.exact:
            target = replace(target, exact=True)
        if redirect.match.hides(target):
            hint = "name a `to_host` or a `to_path` that it does not leave; or the `host` alone that it does"
            yield Complaint(at, f"leads from {redirect.match} to {target}, which it leaves again", "", hint)


def boundary_is_here(environment: Environment) -> Iterator[Complaint]:
    """A permissions boundary is a policy of the account of the roles, or of AWS.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    if environment.permissions_boundary:
        account = environment.permissions_boundary.split(":")[4]
        if account not in {environment.account, "aws"}:
            message = f"is a policy of account {account}"
            yield Complaint(("permissions_boundary",), message, f"one of account {environment.account}, or of aws")
