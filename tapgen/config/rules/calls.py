"""What must hold for the calls between services."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.yaml.tree import Keys


def _calls(environment: Environment) -> Iterator[tuple[Keys, str, str]]:
    """Every call: its path, who calls, and who is called."""
    for name, service in environment.services.items():
        for position, callee in enumerate(service.calls):
            yield ("services", name, "calls", position), name, callee


def known_callees(environment: Environment) -> Iterator[Complaint]:
    """Who is called exists."""
    for path, caller, callee in _calls(environment):
        if callee not in environment.services:
            names = [name for name, service in environment.services.items() if name != caller and service.port]
            allowed = ", ".join(names) if len(names) <= 20 else "a name of `services`"
            hint = did_you_mean(callee, names)
            yield Complaint(path, f"there is no service `{callee}`", allowed, hint, premises=(("services", callee),))


def no_call_to_self(environment: Environment) -> Iterator[Complaint]:
    """A service does not call itself."""
    for path, caller, callee in _calls(environment):
        if caller == callee:
            yield Complaint(path, f"`{caller}` calls itself", "", "leave it out: a task reaches itself on localhost")


def callees_have_ports(environment: Environment) -> Iterator[Complaint]:
    """Who is called listens."""
    for path, _, callee in _calls(environment):
        if callee in environment.services and environment.services[callee].port is None:
            message = f"`{callee}` cannot be called, since it has no `port`"
            yield Complaint(path, message, "", f"give `{callee}` a `port`", premises=(("services", callee, "port"),))


def distinct_calls(environment: Environment) -> Iterator[Complaint]:
    """A call is listed once."""
    seen: set[tuple[str, str]] = set()
    for path, caller, callee in _calls(environment):
        if (caller, callee) in seen:
            yield Complaint(path, f"`{callee}` is listed already", "", "leave it out")
        seen.add((caller, callee))
