"""What remains unlike AWS, in one table: `python -m tapgen.localaws --gaps` prints it.

A test reads back every configured property of the example platform, and fails for one that is neither kept nor here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """One thing that is not as on AWS."""

    subject: str
    """A resource type, and the property after a dot; or a thing that happens."""

    difference: str
    checked: str
    """Where it is checked instead."""


GAPS: tuple[Gap, ...] = (
    Gap("CloudFormation: drift", "nothing is compared with what a service says", "nowhere"),
    Gap("CloudFormation: exports, macros, imports", "not supported: no template of a platform has any", "cfn-lint"),
    Gap("CloudFormation: change sets", "made at once; children whose content stays the same are not listed", "nowhere"),
    Gap(
        "CloudFormation: custom resources",
        "functions alone make them, no topics; what is wrong with an answer is worded as seen, since no page says it",
        "nowhere",
    ),
    Gap("CloudFormation: pages", "lists are whole, never paged", "nowhere"),
    Gap(
        "IAM",
        "nobody is denied anything: policies are kept, not evaluated, but for log keys and log buckets",
        "tests/promises",
    ),
    Gap("ECS: circuit breaker", "gives up after three tasks in fractions of a second, not after minutes", "nowhere"),
    Gap(
        "ECS: blue/green, canary, linear",
        "simulated from AWS's documentation, never compared with AWS; a minute takes what TAPGEN_LOCALAWS_MINUTE says",
        "nowhere",
    ),
    Gap(
        "ECS: blue/green, canary, linear",
        "behind Application Load Balancers alone; pause hooks are refused, rights of roles are not looked at",
        "nowhere",
    ),
    Gap(
        "ECS: StopServiceDeployment",
        "ABORT is refused for rolling deployments, and leaves others as they are",
        "nowhere",
    ),
    Gap("ECS: execute-command", "sessions begin, and lead nowhere: there is no agent at their other end", "nowhere"),
    Gap(
        "ECS: scaling",
        "policies are kept; services grow and shrink when they are told to, also while they deploy",
        "nowhere",
    ),
    Gap("ECS: images", "a public image is taken to be there, and to work", "nowhere"),
    Gap("ECR: scans", "find what an annotation of the manifest says, and nothing else", "nowhere"),
    Gap("ECR: lifecycle policies", "kept, and nothing expires", "tests/layers/test_registry.py"),
    Gap("ECR: addresses", "one for all accounts and Regions: the password says which is meant", "nowhere"),
    Gap("ECS: container health checks", "kept, never run; a task that runs is healthy", "tests/placeholder"),
    Gap("ECS: Service Connect", "kept, but no proxy runs: services cannot call each other", "tests/promises"),
    Gap("ECS: Service Connect with TLS", "what AWS would let hang is refused; no certificate is issued", "nowhere"),
    Gap("ECS: secrets", "looked up when a task starts, not given to the process that runs", "tests/promises"),
    Gap(
        "EventBridge",
        "rules and schedules are kept; nothing starts by the clock, and no event is sent",
        "tests/promises",
    ),
    Gap(
        "Private CA",
        "nothing is revoked or restored, no token is idempotent, only the templates for TLS are known",
        "nowhere",
    ),
    Gap("AWS::ACMPCA::CertificateAuthority.CsrExtensions", "kept, but not in the CSR", "cfn-lint"),
    Gap(
        "AWS::ACMPCA::Certificate",
        "what it was asked for is in the certificate, and no API shows it",
        "tests/localaws/acmpca",
    ),
    Gap("App Mesh", "kept by CloudFormation alone: no API shows it, and no Envoy learns of it", "tests/mesh"),
    Gap("ECS: proxy configuration", "kept, and nothing is sent through it", "tests/layers/service"),
    Gap("EC2", "security groups and routes are kept, not enforced", "tests/promises/test_firewall.py"),
    Gap("CloudWatch", "nothing measures: alarms keep their configuration, and no state of their own", "tests/promises"),
    Gap(
        "RDS",
        "a cluster that speaks PostgreSQL has a real server behind its Data API; one of MySQL has none",
        "nowhere",
    ),
    Gap("AWS::RDS::DBCluster.Port", "the cluster listens elsewhere, where its Data API finds it", "tests/layers"),
    Gap("AWS::RDS::DBCluster.DeleteAutomatedBackups", "no API shows it before the cluster is deleted", "nowhere"),
    Gap("AWS::Lambda::Function.Code", "shown as a package; what runs is tested", "tests/functions"),
    Gap("AWS::Lambda::Function.VpcConfig", "functions run beside everything, in no VPC", "tests/promises"),
    Gap("Lambda: errors", "every exception is of type Runtime.HandlerError, without a stack trace", "tests/functions"),
    Gap("Secrets Manager: rotation", "begins when asked; the schedule is kept, and nothing comes of it", "nowhere"),
    Gap("Load balancer: TLS", "HTTPS listeners are kept; nothing listens with TLS", "cfn-lint"),
    Gap("Load balancer: ports", "all listeners share one: the port that the Host header names is meant", "nowhere"),
    Gap("Load balancer: access logs", "the test object is written, requests are not logged", "nowhere"),
    Gap(
        "Route 53: ids of hosted zones",
        "a zone has the id that was its caller reference, so that examples deploy",
        "nowhere",
    ),
    Gap("AWS::KMS::Key.PendingWindowInDays", "no API shows it before the key is deleted", "tests/promises"),
    Gap("AWS::CloudWatch::Dashboard.Tags", "dashboards have no tags", "tests/parts/test_tags.py"),
    Gap("AWS::ApplicationAutoScaling::ScalableTarget.Tags", "kept, but cannot be listed", "tests/parts/test_tags.py"),
    Gap(
        "AWS::CertificateManager::Certificate.DomainValidationOptions",
        "issued at once; no API shows the zone",
        "cfn-lint",
    ),
)


def table() -> str:
    """The gaps, to be read."""
    width = max(len(gap.subject) for gap in GAPS)
    return "\n".join(f"{gap.subject:{width}}  {gap.difference} (checked: {gap.checked})" for gap in GAPS)


def known(kind: str, name: str) -> bool:
    """Whether a property of a resource type is known to be lost."""
    return any(gap.subject in (kind, f"{kind}.{name}") for gap in GAPS)
