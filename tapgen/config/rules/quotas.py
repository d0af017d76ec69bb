"""What must hold so that the platform stays within the quotas of AWS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tapgen.config.environment import Environment
from tapgen.config.firewall_names import titles
from tapgen.config.listener import hosts, rules
from tapgen.config.rules.complaint import Complaint
from tapgen.config.workload import containers, split_reference
from tapgen.config.yaml.tree import Keys


@dataclass(frozen=True)
class Quota:
    """How many of something AWS allows by default."""

    name: str
    limit: int
    page: str
    """The AWS page that states it."""

    def check(self, path: Keys, count: int, of: str, hint: str) -> Iterator[Complaint]:
        """Complain where *count* things, spoken of as *of*, are too many."""
        if count > self.limit:
            yield Complaint(
                path,
                f"{of} makes {count}, above the AWS quota of {self.limit} {self.name}",
                f"at most {self.limit}",
                f"{hint}; {self.page}",
            )


_ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"
_VPC = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
_CFN = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"

LISTENER_RULES = Quota("rules per load balancer", 100, _ELB)
TARGET_GROUPS = Quota("target groups per load balancer", 100, _ELB)
GROUP_RULES = Quota("inbound or outbound rules per security group", 60, _VPC)
CERTIFICATE_NAMES = Quota(
    "names per certificate", 10, "https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html"
)
RESOURCES = Quota("resources per template", 500, _CFN)
OUTPUTS = Quota("outputs per template", 200, _CFN)
PARAMETERS = Quota("parameters per template", 200, _CFN)
OPERATION = Quota("resources per operation on nested stacks", 2500, _CFN)

# Estimates, from above, of what the templates hold; a test holds the layers to them.
SHARED_RESOURCES = 110
"""All templates but those of services and the firewall."""

PUBLIC_RESOURCES = 18
"""The template of a service with one path, and its stack."""

COLOUR_RESOURCES = 3
"""What a service has beside that whose old and new versions are in target groups of their own."""

PRIVATE_RESOURCES = 13
"""The template of any other service, and its stack."""

DATA_RESOURCES = {"tables": 1, "buckets": 2, "queues": 6}
"""What each table, bucket and queue makes in the template of data."""

DATA_OUTPUTS = {"tables": 2, "buckets": 2, "queues": 3}
"""What each of them offers."""

JOB_RESOURCES = 12
"""The template of a job, and its stack."""

DATABASE_RESOURCES = 18
"""What each database makes in the template of databases, but for its instances and the logs that it exports."""

DATABASE_OUTPUTS = 3
"""What each of them offers."""

SHARED_GROUPS = 2
"""The security groups that are not a service's."""

TASK_PARAMETERS = 40
"""The template of a service or job, but for its secrets."""

SPLIT = "split the platform: two files, two platforms"


def listener_rules(environment: Environment) -> Iterator[Complaint]:
    """Every path has a listener rule, and a second one where new versions are asked by a listener of their own."""
    twice = environment.services if environment.has_test_listener else {}
    everything = [
        rule
        for rule in rules(environment)
        for _ in range(2 if rule.at[1] in twice and twice[str(rule.at[1])].two_groups else 1)
    ]
    over = everything[LISTENER_RULES.limit :][:1]
    at = over[0].at if over else ()
    yield from LISTENER_RULES.check(at, len(everything), "one for each path, two with colours", SPLIT)


def target_groups(environment: Environment) -> Iterator[Complaint]:
    """Every service with a path has a target group, or one for each colour."""
    names = [name for name, service in environment.public.items() for _ in range(1 + service.two_groups)]
    last = names[TARGET_GROUPS.limit :][:1] or [""]
    of = "one for each service with a path, two with colours"
    yield from TARGET_GROUPS.check(("services", last[0], "path"), len(names), of, SPLIT)


def certificate_names(environment: Environment) -> Iterator[Complaint]:
    """The certificate that is made in the hosted zone is for the domain and every host."""
    if environment.ingress.hosted_zone and not environment.ingress.certificate:
        count = 1 + len(hosts(environment))
        hint = "say *.example.com instead of single names"
        yield from CERTIFICATE_NAMES.check(("ingress", "hosted_zone"), count, "the domain and every host", hint)


def security_group_rules(environment: Environment) -> Iterator[Complaint]:
    """One rule for each caller and port, each way out, and each port behind the load balancer."""
    services = environment.services
    callers = Counter(callee for service in services.values() for callee in set(service.calls))
    for name, service in services.items():
        callees = [services[callee] for callee in service.calls if callee in services]
        called = {port for callee in callees for port in environment.doors.called(callee).values()}
        inbound = callers[name] * len(service.listens) + (len(service.balanced) if service.paths else 0)
        path = ("services", name)
        yield from GROUP_RULES.check(path, inbound, "one for each caller and port", "let fewer services call it")
        ports = {environment.databases[each].port for each in service.connects if each in environment.databases}
        outbound = len(service.egress) + len(called) + len(ports)
        yield from GROUP_RULES.check(
            (*path, "calls"), outbound, "one for each `egress` and each port called", "call fewer"
        )
    reached: dict[int, str] = {}
    for name, service in environment.public.items():
        for port in environment.doors.balanced(service).values():
            reached.setdefault(port, name)
    last = list(reached.values())[GROUP_RULES.limit :][:1] or [""]
    yield from GROUP_RULES.check(
        ("services", last[0], "port"), len(reached), "one for each port behind the load balancer", "share ports"
    )
    allowed = len(environment.ingress.allow) * len(environment.ingress.ports)
    yield from GROUP_RULES.check(("ingress", "allow"), allowed, "one for each network and listener", "join networks")


def template_resources(environment: Environment) -> Iterator[Complaint]:
    """The firewall holds a group for each service and job, and a rule for each call; another template, all data."""
    count = len(list(titles(environment)))
    yield from RESOURCES.check(
        ("services",), count, "a security group for each service and job, and a rule for each call,", SPLIT
    )
    yield from _data(environment, RESOURCES, DATA_RESOURCES)
    yield from RESOURCES.check(("databases",), _database_resources(environment), "all databases together", SPLIT)


def template_outputs(environment: Environment) -> Iterator[Complaint]:
    """The firewall offers the group of each service, job and database, other templates each secret and all data."""
    count = SHARED_GROUPS + len(environment.workloads) + len(environment.databases)
    yield from OUTPUTS.check(("services",), count, "one for each service and job", SPLIT)
    yield from OUTPUTS.check(
        ("secrets",),
        len(environment.secrets),
        "one for each secret",
        "declare fewer: one secret can serve several services",
    )
    yield from _data(environment, OUTPUTS, DATA_OUTPUTS)
    count = DATABASE_OUTPUTS * len(environment.databases)
    yield from OUTPUTS.check(("databases",), count, "all databases together", SPLIT)


def _database_resources(environment: Environment) -> int:
    return sum(DATABASE_RESOURCES + database.instances for database in environment.databases.values())


def _data(environment: Environment, quota: Quota, each: Mapping[str, int]) -> Iterator[Complaint]:
    """What tables, buckets and queues make together, spoken of at those that make the most."""
    counts = {word: count * len(environment.stored[word]) for word, count in each.items()}
    most = max(counts, key=lambda word: counts[word])
    yield from quota.check((most,), sum(counts.values()), "all data together", SPLIT)


def template_parameters(environment: Environment) -> Iterator[Complaint]:
    """The template of a service or job takes each of its secrets."""
    for path, workload in environment.workloads.items():
        told = [reference for _, each in containers(workload) for reference in each.generated.values()]
        count = TASK_PARAMETERS + len({split_reference(reference)[0] for reference in told})
        yield from PARAMETERS.check((*path, "secrets"), count, "one for each secret used", "use fewer secrets in it")


def operation_resources(environment: Environment) -> Iterator[Complaint]:
    """A deployment touches every resource of every template."""
    reached = len(environment.public)
    private = len(environment.services) - reached
    firewall = len(list(titles(environment)))
    jobs = JOB_RESOURCES * len(environment.jobs)
    data = sum(count * len(environment.stored[word]) for word, count in DATA_RESOURCES.items())
    data += _database_resources(environment)
    colours = sum(service.two_groups for service in environment.services.values())
    services = PUBLIC_RESOURCES * reached + PRIVATE_RESOURCES * private + COLOUR_RESOURCES * colours
    more = len(list(rules(environment))) - reached + data + jobs
    count = SHARED_RESOURCES + services + firewall + more
    yield from OPERATION.check(("services",), count, "the platform, by estimate,", SPLIT)
