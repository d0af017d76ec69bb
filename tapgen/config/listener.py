"""The rules of the load balancer in an environment: what each is for, in which order, and where the file says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tapgen.config.environment import Environment
from tapgen.config.ingress import Redirect
from tapgen.config.match import Match
from tapgen.config.priority import priority
from tapgen.config.service import Service
from tapgen.config.yaml.tree import Keys
from tapgen.stack import logical_id


@dataclass(frozen=True)
class Rule:
    """One rule of the listener."""

    match: Match
    priority: int
    owner: str
    """Where its requests go, as people speak of it."""
    at: Keys
    """The path of the file that it comes from."""
    order: Keys
    """Where the file says its priority, or could say it."""
    ordered: bool
    """Whether the file says its priority."""

    def say(self, priority: int) -> str:
        """How the file says that its priority is another."""
        services = self.at[0] == "services"
        return f"`priority: {{{self.match.path}: {priority}}}`" if services else f"`priority: {priority}`"


def rules(environment: Environment) -> Iterator[Rule]:
    """Every rule: of the services, path by path, and of the redirects."""
    among = environment.ingress.priorities
    for name, service in environment.public.items():
        for position, match in enumerate(matches(service)):
            at: Keys = ("services", name, "path", position) if service.path else ("services", name, "host")
            order: Keys = ("services", name, "priority", match.path)
            ordered = match.path in service.priority
            yield Rule(match, rule_priority(service, match, among), f"`{name}`", at, order, ordered)
    for position, redirect in enumerate(environment.ingress.redirects):
        at, match = ("ingress", "redirects", position), redirect.match
        number, ordered = redirect.priority or priority(match, among), redirect.priority is not None
        yield Rule(match, number, f"redirect {position}", at, (*at, "priority"), ordered)


def redirect_title(redirect: Redirect) -> str:
    """The logical id of the rule of a redirect."""
    words = [*redirect.host, redirect.path, *(["exact"] if redirect.exact else [])]
    return f"Redirect{logical_id('-'.join(words).replace('*', 'wildcard'))}"


def hosts(environment: Environment) -> tuple[str, ...]:
    """Every host name that a rule is for, beside the domain of the platform."""
    named = dict.fromkeys(host for rule in rules(environment) for host in rule.match.hosts)
    return tuple(host for host in named if host != environment.ingress.domain)


def matches(service: Service) -> list[Match]:
    """What a service is reached by: a rule for each path, all of its hosts in each."""
    return [Match(path, service.host) for path in service.paths]


def rule_priority(service: Service, match: Match, among: range) -> int:
    """The priority of the rule that leads to a service.

    A rule over two colours is tried just before the one that it takes the place of: both are there for a while.
    """
    if match.path in service.priority:
        return service.priority[match.path]
    number = priority(match, among)
    return max(among[0], number - 1) if service.two_groups else number


def record_title(domain: str | None, name: str) -> str:
    """The logical id of the record of a host name."""
    return f"Record{'' if name == domain else logical_id(name.replace('*', 'wildcard'))}"
