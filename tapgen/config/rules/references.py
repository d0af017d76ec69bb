"""What must hold for references in environment variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tapgen.config.environment import Environment
from tapgen.config.job import NO_CALLS
from tapgen.config.references import ATTRIBUTES, Reference, references
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.workload import containers
from tapgen.config.yaml.tree import Keys


def _references(environment: Environment) -> Iterator[tuple[Keys, Keys, Reference]]:
    """Every reference in an environment variable: where the variable is, where its workload is, and the reference."""
    for home, workload in environment.workloads.items():
        for path, container in containers(workload):
            for variable, text in container.env.items():
                for reference in references(text):
                    yield (*home, *path, "env", variable), home, reference


def _referable(environment: Environment) -> Mapping[str, str]:
    """What can be referred to, by name, with its word in the file."""
    return (
        dict.fromkeys(environment.services, "services")
        | environment.usable
        | dict.fromkeys(environment.stacks, "stacks")
    )


def known_references(environment: Environment) -> Iterator[Complaint]:
    """A reference names what is there, and an attribute that it has."""
    referable = _referable(environment)
    for path, _, reference in _references(environment):
        name, attribute, word = reference.name, reference.attribute, referable.get(reference.name)
        premises = (("services", name), *((kind, name) for kind in ("stacks", *environment.stored)))
        if word is None:
            gone = any(name in entries for entries in environment.stored.values())
            message = f"{reference}: `{name}` is retired or deleted" if gone else f"{reference}: there is no `{name}`"
            allowed = ", ".join(referable) if len(referable) <= 20 else "the name of a service, or of data"
            near = did_you_mean(name, referable) or f"for the text itself write ${reference}"
            yield Complaint(path, message, allowed, "" if gone else near, premises=premises)
        elif attribute not in (known := environment.stacks[name].outputs if word == "stacks" else ATTRIBUTES[word]):
            message = f"{reference}: `{name}`, one of `{word}`, has no `{attribute}`"
            yield Complaint(path, message, ", ".join(known), did_you_mean(attribute, known), premises=premises)


def usable_references(environment: Environment) -> Iterator[Complaint]:
    """Where something is, is told to who may use it."""
    referable = _referable(environment)
    for path, home, reference in _references(environment):
        workload = environment.workloads[home]
        name, word = reference.name, referable.get(reference.name)
        if word == "services" and name not in workload.callees:
            message = f"{reference}: `{name}` is not among its `calls`"
            hint = f"add it: calls: [{name}]" if workload.kind == "service" else NO_CALLS
            yield Complaint(path, message, "", hint, premises=((*home, "calls"),))
        elif word not in ("services", "stacks", None) and name not in workload.access:
            message = f"{reference}: nothing gives it `access` to `{name}`"
            yield Complaint(
                path,
                message,
                "",
                f"say what it may do: access: {{{name}: [...]}}",
                premises=((*home, "access"), (*home, "access", name)),
            )
