"""Ten thousand configurations, each accepted or refused at a place, and every rule met often on both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import pytest

from tapgen.config import read
from tapgen.config.environment import Environment
from tapgen.config.job import Job
from tapgen.config.listener import hosts, rules
from tapgen.config.model import File
from tapgen.config.references import references
from tapgen.config.rules import FILE_RULES, RULES
from tapgen.config.rules.complaint import Complaint
from tapgen.config.rules.deployments import HEEDED
from tapgen.config.service import Service
from tapgen.errors import ConfigError, Problem
from tests.generate import configuration, generate

CONFIGURATIONS = 10_000
ENOUGH = 10

Decides = Callable[[Environment], bool]
Judged = TypeVar("Judged", Environment, File)


def some(decides: Callable[[Service], object]) -> Decides:
    """Where some service gives the rule something to decide."""
    return lambda environment: any(decides(service) for service in environment.services.values())


def jobs(decides: Callable[[Job], object]) -> Decides:
    """Where some job does."""
    return lambda environment: any(decides(job) for job in environment.jobs.values())


def listed(environment: Environment) -> bool:
    return bool(environment.network.public_subnets or environment.network.private_subnets)


def deleted(environment: Environment) -> bool:
    return any(each.delete for entries in environment.stored.values() for each in entries.values())


def alike(names: list[str]) -> bool:
    """Whether two names differ in nothing but hyphens and digits."""
    stems = [name.rstrip("0123456789").rstrip("-") for name in names]
    return len(set(stems)) < len(stems)


def nested_paths(environment: Environment) -> bool:
    found = [rule.match for rule in rules(environment)]
    return any(one.hides(other) and not one.same(other) for one in found for other in found)


DECIDES: dict[str, Decides] = {
    "vpc_size": lambda e: e.network.cidr != "10.0.0.0/16" or listed(e),
    "zones_of_region": lambda e: e.region == "us-west-1",
    "explicit_subnets": listed,
    "subnets_inside_vpc": listed,
    "subnet_sizes": listed,
    "subnets_overlap": listed,
    "computed_subnets_fit": lambda e: (
        (e.network.cidr, e.network.subnet_prefix) != ("10.0.0.0/16", 24) and not listed(e)
    ),
    "no_nat_needs_endpoints": lambda e: e.network.nat == "none" and e.network.endpoints is not None,
    "no_nat_needs_images": lambda e: e.network.nat == "none",
    "repository_ids": lambda e: any(name.startswith("tap") for name in e.services),
    "built_or_taken": some(lambda s: s.build),
    "no_build_credentials": some(lambda s: s.build and s.build.args),
    "credentials_need_image": some(lambda s: s.image_credentials),
    "fargate_sizes": lambda e: True,
    "task_counts": some(lambda s: s.tasks.max - s.tasks.min < 2),
    "room_to_deploy": some(lambda s: s.deployment.max_percent != 200),
    "requests_to_move": some(lambda s: s.deployment.coloured),
    "one_rule_for_colours": some(lambda s: s.two_groups),
    "sessions_stay": some(lambda s: s.two_groups and s.sticky),
    "colours_need_service_connect": lambda e: bool(e.mesh.app_mesh),
    "words_of_strategy": some(lambda s: HEEDED.keys() & s.deployment.model_fields_set),
    "tested_by_own_listener": lambda e: bool(e.ingress.existing) and any(s.two_groups for s in e.services.values()),
    "answers_in_time": lambda e: any(s.deployment.test.times > 5 for s in e.tested.values()),
    "deployments_end": some(lambda s: s.deployment.coloured and s.deployment.bake_minutes == 1440),
    "mesh_timeouts": lambda e: e.mesh.idle_timeout - e.mesh.request_timeout < 3,
    "room_for_proxies": lambda e: any(e.doors.room(service)[0] for service in e.services.values()),
    "ports_of_proxies": lambda e: (
        e.mesh.tls == "mutual" and any(14000 < (s.port or 0) < 16000 for s in e.services.values())
    ),
    "ways_out": lambda e: e.mesh.tls == "mutual" and any("many" in s.calls for s in e.services.values()),
    "one_mesh": lambda e: bool(e.mesh.app_mesh),
    "app_mesh_reaches_aws": lambda e: bool(e.mesh.app_mesh),
    "name_of_gateway": lambda e: bool(e.mesh.app_mesh and e.public),
    "within_app_mesh": lambda e: bool(e.mesh.app_mesh),
    "calls_through_envoy": lambda e: bool(e.mesh.app_mesh) and any(s.calls for s in e.services.values()),
    "target_timeout": some(lambda s: s.health.target.interval - s.health.target.timeout < 3),
    "container_timeout": some(lambda s: s.health.container.interval - s.health.container.timeout < 3),
    "success_codes": some(lambda s: s.health.target.status),
    "smoke_needs_path": some(lambda s: s.smoke.model_fields_set),
    "smoke_leads_here": lambda e: any(s.smoke.path for s in e.public.values()),
    "methods_stay_whole": some(lambda s: s.strip_prefix or s.protocol == "grpc"),
    "http2_needs_https": lambda e: any(s.protocol != "http" for s in e.public.values()),
    "grace_period": some(lambda s: s.path and s.health.grace - s.health.container.start < 60),
    "drain_on_spot": some(lambda s: s.path and s.drain + 30 > s.stop_timeout),
    "base_on_one_provider": some(lambda s: s.capacity.spot.base > 0),
    "weights": some(lambda s: 0 in {s.capacity.spot.weight, s.capacity.on_demand.weight}),
    "base_within_maximum": some(lambda s: s.capacity.spot.base or s.capacity.on_demand.base),
    "exec_needs_writable_root": lambda e: e.cluster.exec,
    "requests_need_path": some(lambda s: s.scaling.requests),
    "known_queue": some(lambda s: s.scaling.queue),
    "nobody_sleeps_for_ever": some(lambda s: s.tasks.min == 0),
    "sidecars_have_images": some(lambda s: s.sidecars),
    "container_names": some(lambda s: s.sidecars),
    "known_needs": some(lambda s: s.needs),
    "needs_can_be_met": some(lambda s: s.needs),
    "no_circle_of_needs": some(lambda s: s.needs and any(sidecar.needs for sidecar in s.sidecars.values())),
    "distinct_mounts": some(lambda s: any(sidecar.volumes for sidecar in s.sidecars.values())),
    "scratch_fits": some(lambda s: "/run" in s.scratch or s.sidecars),
    "sidecars_fit": some(lambda s: any(sidecar.memory or sidecar.cpu for sidecar in s.sidecars.values())),
    "distinct_ports": some(lambda s: s.ports),
    "ports_need_port": some(lambda s: s.ports),
    "path_needs_port": some(lambda s: s.path),
    "routing_needs_path": some(lambda s: s.strip_prefix or s.priority),
    "path_ids": some(lambda s: len(s.path) > 1),
    "distinct_hosts": some(lambda s: len(s.host) > 1),
    "distinct_paths": lambda e: len(e.public) > 1,
    "distinct_priorities": some(lambda s: s.path and s.priority),
    "reachable_paths": nested_paths,
    "job_ids": lambda e: alike([*e.services, *e.jobs]) or not e.jobs.keys().isdisjoint(e.services),
    "image_of_service": jobs(lambda j: j.image_of),
    "one_image": jobs(lambda j: j.image_of),
    "same_architecture": jobs(lambda j: j.image_of),
    "known_migration": some(lambda s: s.migrate),
    "migration_not_by_the_clock": some(lambda s: s.migrate),
    "migration_of_its_version": some(lambda s: s.migrate),
    "one_service_each": lambda e: len([s for s in e.services.values() if s.migrate]) > 1,
    "service_ids": lambda e: alike(list(e.services)),
    "secret_ids": lambda e: alike(list(e.secrets)),
    "port_ids": some(lambda s: alike(list(s.ports)) or len(s.ports) > 1),
    "stack_names": lambda e: max(map(len, e.services)) + len(e.stack_name) > 90,
    "discovery_names": some(lambda s: any(len(s.name) + len(port) > 60 or port == "admin" for port in s.ports)),
    "host_names": lambda e: any(name.startswith("local") for name in e.services),
    "firewall_ids": lambda e: any("-to-" in name or name in {"endpoints", "port80"} for name in e.services),
    "known_callees": some(lambda s: s.calls),
    "no_call_to_self": some(lambda s: s.calls),
    "callees_have_ports": some(lambda s: s.calls),
    "distinct_calls": some(lambda s: len(s.calls) > 1),
    "data_names": lambda e: sum(map(len, e.stored.values())) > 1,
    "distinct_keys": lambda e: any(table.sort for table in e.tables.values()),
    "types_of_keys": lambda e: any(table.types for table in e.tables.values()),
    "ttl_is_a_number": lambda e: any(table.ttl for table in e.tables.values()),
    "index_attributes": lambda e: any(table.indexes for table in e.tables.values()),
    "deleted_or_retired": deleted,
    "deleted_unprotected": deleted,
    "known_data": some(lambda s: s.access),
    "known_verbs": some(lambda s: s.access),
    "distinct_verbs": some(lambda s: any(len(verbs) > 1 for verbs in s.access.values())),
    "known_actions": some(lambda s: s.statements),
    "resources_of_actions": some(lambda s: s.statements),
    "partition_is_here": some(lambda s: s.statements),
    "distinct_variables": some(lambda s: s.access and any(name.endswith("-queue") for name in s.calls)),
    "secrets_are_here": some(lambda s: s.existing or s.secret_keys),
    "keys_have_secrets": some(lambda s: s.secret_keys),
    "known_references": some(lambda s: any(references(text) for text in s.env.values())),
    "usable_references": some(lambda s: any(references(text) for text in s.env.values())),
    "capacity_order": lambda e: bool(e.databases),
    "version_of_engine": lambda e: any(database.version for database in e.databases.values()),
    "database_words": lambda e: bool(e.databases),
    "database_secrets": lambda e: bool(e.databases and e.secrets),
    "credentials_need_access": some(lambda s: s.access and s.secrets),
    "known_secrets": some(lambda s: s.secrets),
    "set_once": some(lambda s: s.env and s.secrets),
    "not_reserved": some(lambda s: any("_" in name or name == "PORT" for name in s.env)),
    "no_credentials": some(lambda s: s.env or s.command),
    "no_references": some(lambda s: s.env or s.command or s.health.container.command),
    "https_needs_certificate": lambda e: bool(e.public) and e.ingress.protocol == "https",
    "hosted_zone_needs_domain": lambda e: e.ingress.hosted_zone is not None,
    "http_has_no_certificate": lambda e: e.ingress.protocol == "http" or e.ingress.certificate is not None,
    "certificate_is_here": lambda e: bool(e.ingress.certificate or e.ingress.certificates),
    "distinct_certificates": lambda e: len(e.ingress.certificates) > 1,
    "hosts_in_zone": lambda e: bool(e.ingress.hosted_zone and e.ingress.domain and hosts(e)),
    "host_ids": lambda e: bool(e.ingress.hosted_zone and len(hosts(e)) > 1),
    "redirect_ids": lambda e: len(e.ingress.redirects) > 1,
    "redirects_lead_elsewhere": lambda e: bool(e.ingress.redirects),
    "only_of_what_is_made": lambda e: bool(e.network.existing or e.ingress.existing or e.alerts.topic),
    "existing_is_here": lambda e: bool(e.ingress.existing or e.alerts.topic or e.keys.logs),
    "balancer_needs_its_network": lambda e: e.ingress.existing is not None,
    "balancer_needs_two_zones": lambda e: bool(e.network.existing and e.public),
    "distinct_subnets": lambda e: e.network.existing is not None,
    "record_needs_zone": lambda e: bool(e.ingress.existing and e.ingress.hosted_zone),
    "priorities_in_order": lambda e: e.ingress.existing is not None,
    "boundary_is_here": lambda e: e.permissions_boundary is not None,
    "distinct_egress": some(lambda s: len(s.egress) > 1),
    "distinct_sources": lambda e: len(e.ingress.allow) > 1,
    "distinct_addresses": lambda e: len(e.alerts.email) > 1,
    "https_egress": some(lambda s: len(s.egress) != 1 or s.egress[0].cidr != "0.0.0.0/0"),
    "tags_not_reserved": lambda e: bool(e.tags),
    "set_or_remove": lambda e: bool(e.overrides),
    "distinct_overrides": lambda e: len(e.overrides) > 1,
    "own_stack_names": lambda e: bool(e.stacks),
    "listener_rules": lambda e: len(e.public) > 90,
    "target_groups": lambda e: len(e.public) > 90,
    "certificate_names": lambda e: bool(e.ingress.hosted_zone and len(hosts(e)) > 5),
    "security_group_rules": lambda e: 50 < len(e.services) < 70 or len(e.ingress.allow) > 25,
    "template_resources": lambda e: sum(len(service.calls) for service in e.services.values()) > 400,
    "template_outputs": lambda e: len(e.services) > 180 or len(e.secrets) > 180,
    "template_parameters": some(lambda s: len(s.secrets) > 150),
    "operation_resources": lambda e: len(e.services) > 160,
}
"""Where a rule has something to decide: otherwise its silence says nothing about it."""

FILE_DECIDES: dict[str, Callable[[File], bool]] = {
    "environment_ids": lambda f: alike(list(f.environments)),
    "one_oidc_provider": lambda f: f.ci is not None and len(f.environments) > 1,
}
"""The same for rules on the whole file."""


KNOWN = [*DECIDES, *FILE_DECIDES]


class Watch:
    """What the rules said about the configurations so far."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.said: dict[str, bool] = {}

    def watched(
        self, rule: Callable[[Judged], Iterator[Complaint]], decides: Mapping[str, Callable[[Judged], bool]]
    ) -> Callable[[Judged], Iterator[Complaint]]:
        """The rule, with its decision noted."""
        name = rule.__name__

        def watching(judged: Judged) -> Iterator[Complaint]:
            found = list(rule(judged))
            if found or decides[name](judged):
                self.said[name] = self.said.get(name, False) or bool(found)
            return iter(found)

        return watching

    def end(self) -> None:
        """The configuration has been read."""
        for name, refused in self.said.items():
            (self.refused if refused else self.accepted)[name] += 1
        self.said.clear()

    def table(self, passed: int) -> str:
        """How often each rule accepted and refused."""
        rows = [f"{name:<26}{self.accepted[name]:>10}{self.refused[name]:>10}" for name in KNOWN]
        head = f"{passed} of {CONFIGURATIONS} configurations passed every rule"
        return "\n".join([head, f"{'rule':<26}{'accepted':>10}{'refused':>10}", *rows])


def refusal(seed: int) -> Sequence[Problem] | None:
    """Why a configuration is refused, or nothing; any other exception is a bug."""
    try:
        configuration(seed)
    except ConfigError as error:
        return error.problems
    return None


@pytest.mark.slow
def test_each_passes_or_is_refused_at_a_place(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    watch, passed = Watch(), 0
    monkeypatch.setattr(read, "RULES", tuple(watch.watched(rule, DECIDES) for rule in RULES))
    monkeypatch.setattr(read, "FILE_RULES", tuple(watch.watched(rule, FILE_DECIDES) for rule in FILE_RULES))
    for seed in range(CONFIGURATIONS):
        problems = refusal(seed)
        assert problems is None or (problems and all(p.place and p.place.line > 0 for p in problems)), seed
        passed += problems is None
        watch.end()
    record_property("table", watch.table(passed))
    assert set(KNOWN) == {rule.__name__ for rule in (*RULES, *FILE_RULES)}
    assert {name for name in KNOWN if min(watch.accepted[name], watch.refused[name]) < ENOUGH} == set()
    assert passed > CONFIGURATIONS / 5


def test_a_number_always_gives_the_same_configuration() -> None:
    assert [generate(seed) for seed in range(50)] == [generate(seed) for seed in range(50)]
