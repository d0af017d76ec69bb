"""What must hold for ports, and for paths and hosts on the internet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from tapgen.config.environment import Environment
from tapgen.config.listener import Rule, matches, rules
from tapgen.config.match import Match
from tapgen.config.priority import band
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.yaml.tree import Keys
from tapgen.stack import logical_id


def distinct_ports(environment: Environment) -> Iterator[Complaint]:
    """A container listens once on each port."""
    for name, service in environment.services.items():
        seen = {service.port: "port"}
        for key, port in service.ports.items():
            if port in seen:
                yield Complaint(("services", name, "ports", key), f"{port} is the port of `{seen[port]}` too")
            seen.setdefault(port, f"ports.{key}")


def ports_need_port(environment: Environment) -> Iterator[Complaint]:
    """More ports are more than one."""
    for name, service in environment.services.items():
        if service.ports and service.port is None:
            message, hint = "there are more ports, but no `port`", "give the service a `port`"
            yield Complaint(("services", name, "ports"), message, "", hint, premises=(("services", name, "port"),))


def path_needs_port(environment: Environment) -> Iterator[Complaint]:
    """What the load balancer reaches listens somewhere."""
    for name, service in environment.public.items():
        if service.port is None:
            where = "path" if service.path else "host"
            message = f"{', '.join(map(str, matches(service)))} leads nowhere, since the service has no `port`"
            hint = "give the service a `port`"
            yield Complaint(("services", name, where), message, "", hint, premises=(("services", name, "port"),))


def routing_needs_path(environment: Environment) -> Iterator[Complaint]:
    """How a path is routed needs that path."""
    for name, service in environment.services.items():
        here: Keys = ("services", name)
        premises = ((*here, "path"), (*here, "host"))
        if service.strip_prefix and not service.path:
            message = "there is nothing to strip, since the service has no `path`"
            yield Complaint((*here, "strip_prefix"), message, premises=premises)
        for path in service.priority:
            if path not in service.paths:
                message = f"there is nothing to order, since {path} is no `path` of the service"
                near = did_you_mean(path, service.paths)
                allowed = ", ".join(service.paths)
                yield Complaint((*here, "priority", path), message, allowed, near, premises=premises, at_key=True)


def smoke_needs_path(environment: Environment) -> Iterator[Complaint]:
    """Nothing is asked from outside of what cannot be reached from there."""
    for name, service in environment.services.items():
        here: Keys = ("services", name)
        for key in service.smoke.model_fields_set if not service.paths else ():
            message = f"nobody asks `{name}` from outside, since it has no `path` and no `host`"
            premises = ((*here, "path"), (*here, "host"))
            yield Complaint((*here, "smoke", key), message, "", "leave it out", premises=premises, idle=True)


def smoke_leads_here(environment: Environment) -> Iterator[Complaint]:
    """What is asked of a service gets there: elsewhere the load balancer, or another service, would answer."""
    for name, service in environment.public.items():
        asked = service.smoke.path
        if asked and not any(match.hides(Match(asked, service.host)) for match in matches(service)):
            message = f"{asked} does not lead to `{name}`: something else would answer"
            allowed = ", ".join(f"{path} and what is below" for path in service.paths)
            yield Complaint(("services", name, "smoke", "path"), message, allowed, against=("services", name, "path"))


def methods_stay_whole(environment: Environment) -> Iterator[Complaint]:
    """The path of a gRPC call names the method, so that nothing can be taken from it.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    """
    for name, service in environment.services.items():
        if service.strip_prefix and service.protocol == "grpc":
            message = "would cut the name of the method, which is the path of a gRPC call"
            against = ("services", name, "protocol")
            yield Complaint(("services", name, "strip_prefix"), message, "false", "leave it out", against)


def path_ids(environment: Environment) -> Iterator[Complaint]:
    """Every path of a service has a logical id of its own, which its listener rule is named by."""
    for name, service in environment.services.items():
        seen: dict[str, str] = {}
        for position, path in enumerate(service.path):
            if (other := seen.setdefault(logical_id(path), path)) != path:
                message = f"{path} and {other} are both {logical_id(path)} as a logical id"
                yield Complaint(("services", name, "path", position), message, "", "move one to another service")


def distinct_paths(environment: Environment) -> Iterator[Complaint]:
    """A path on a host leads to one service."""
    seen: list[Rule] = []
    for rule in rules(environment):
        if other := next((each for each in seen if each.match.same(rule.match)), None):
            yield Complaint(rule.at, f"{str(rule.match)!r} leads to {other.owner} already")
        seen.append(rule)


def distinct_hosts(environment: Environment) -> Iterator[Complaint]:
    """A host is listed once."""
    listed: dict[Keys, tuple[str, ...]] = {("services", name): each.host for name, each in environment.services.items()}
    listed |= {("ingress", "redirects", n): each.host for n, each in enumerate(environment.ingress.redirects)}
    for path, hosts in listed.items():
        for position, host in enumerate(hosts):
            if host in hosts[:position]:
                yield Complaint((*path, "host", position), f"{host} is listed already", "", "leave it out")


def distinct_priorities(environment: Environment) -> Iterator[Complaint]:
    """Each rule of a listener has a priority of its own.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
    """
    everything = list(rules(environment))
    taken = {rule.priority for rule in everything}
    for one, other in combinations(everything, 2):
        if one.priority == other.priority and not one.match.same(other.match):
            rule, beside = (one, other) if one.ordered and not other.ordered else (other, one)
            message = f"{rule.priority} is the priority of {beside.match}, which leads to {beside.owner}, too"
            yield Complaint(rule.order, message, "", _free(rule, taken, environment.ingress.priorities))


def _free(rule: Rule, taken: set[int], among: range) -> str:
    """The nearest priority that nobody has, among those of equally specific rules."""
    numbers = (number for number in band(rule.match, among) if number not in taken)
    free = min(numbers, key=lambda number: abs(number - rule.priority), default=None)
    return (
        f"write {rule.say(free)}, which is free"
        if free
        else "leave its `priority` out, or let `ingress.existing.priorities` be more"
    )


def reachable_paths(environment: Environment) -> Iterator[Complaint]:
    """No rule is hidden by a less special one that is tried before it; the lowest number is tried first.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
    """
    everything = list(rules(environment))
    for outer in everything:
        later = [rule for rule in everything if rule.priority > outer.priority and not rule.match.same(outer.match)]
        if inside := [rule for rule in later if outer.match.hides(rule.match)]:
            last = max(inside, key=lambda rule: rule.priority)
            hidden = ", ".join(f"{rule.match} ({rule.priority})" for rule in inside)
            message = f"{outer.priority} is tried before {hidden}, so that {outer.match} hides them"
            hint = "leave `priority` out: more specific ones come first then"
            if not outer.ordered and not last.ordered:
                hint = f"write {last.say(outer.priority - 1)} in {last.owner}, or any lower number that is free"
            yield Complaint(outer.order, message, f"more than {last.priority}", hint, last.order)
