"""The rules of the load balancer in an environment: what each is for, in which order, and where the file says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tapgen.config.match import Match
from tapgen.config.model import Environment
from tapgen.config.priority import priority
from tapgen.config.service import Service
from tapgen.config.yaml.tree import Keys


@dataclass(frozen=True)
class Rule:
    """One rule of the listener."""

    match: Match
    priority: int
    owner: str
    """Where its requests go, as people speak of it: `payment`."""
    at: Keys
    """The path of the file that it comes from."""
    order: Keys
    """Where the file says its priority, or could say it."""
    ordered: bool
    """Whether the file says its priority."""

    def say(self, priority: int) -> str:
        """How the file says that its priority is another."""
        return f"`priority: {{{self.match.path}: {priority}}}`"


def rules(environment: Environment) -> Iterator[Rule]:
    """Every rule, service by service and path by path."""
    for name, service in environment.public.items():
        for position, match in enumerate(matches(service)):
            at: Keys = ("services", name, "path", position) if service.path else ("services", name, "host")
            chosen = service.priority.get(match.path)
            order: Keys = ("services", name, "priority", match.path)
            yield Rule(match, chosen or priority(match), name, at, order, chosen is not None)


def matches(service: Service) -> list[Match]:
    """What a service is reached by: a rule for each path, all of its hosts in each."""
    return [Match(path, service.host) for path in service.paths]


def rule_priority(service: Service, match: Match) -> int:
    """The priority of the rule that leads to a service."""
    return service.priority.get(match.path) or priority(match)
