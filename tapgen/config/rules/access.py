"""What must hold for the rights of services: to data by verb, and in statements of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tapgen import actions
from tapgen.config.data import VERBS
from tapgen.config.environment import Environment
from tapgen.config.rules.complaint import Complaint
from tapgen.config.suggest import did_you_mean
from tapgen.config.workload import Statement
from tapgen.config.yaml.tree import Keys

PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""Which Regions are in a partition of their own, by how they begin.

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
"""


def _access(environment: Environment) -> Iterator[tuple[Keys, str, tuple[str, ...]]]:
    """Every entry of `access`: its path, what it names, and the verbs."""
    for path, workload in environment.workloads.items():
        for name, verbs in workload.access.items():
            yield (*path, "access", name), name, verbs


def _statements(environment: Environment) -> Iterator[tuple[Keys, Statement]]:
    for path, workload in environment.workloads.items():
        for position, statement in enumerate(workload.statements):
            yield (*path, "statements", position), statement


def known_data(environment: Environment) -> Iterator[Complaint]:
    """What is used is there, and in use."""
    usable = environment.usable
    for path, name, _ in _access(environment):
        word = next((word for word, entries in environment.stored.items() if name in entries), "")
        if word and name not in usable:
            state = "deleted" if environment.stored[word][name].delete else "retired"
            message, hint = f"`{name}` is {state}: nobody may use it", "leave it out"
            yield Complaint(path, message, "", hint, at_key=True, premises=((word, name),))
        elif not word:
            kinds = ", ".join(f"`{kind}`" for kind in VERBS)
            allowed = ", ".join(usable) if 0 < len(usable) <= 20 else f"a name of {kinds}"
            hint = did_you_mean(name, usable) or f"declare it beside `network`, under one of {kinds}"
            premises = tuple((kind, name) for kind in VERBS)
            yield Complaint(path, f"there is no `{name}`", allowed, hint, at_key=True, premises=premises)


def known_verbs(environment: Environment) -> Iterator[Complaint]:
    """A verb is one that can be done with that kind of data."""
    for path, name, verbs in _access(environment):
        if word := environment.usable.get(name):
            for position, verb in enumerate(verbs):
                if verb not in VERBS[word]:
                    message = f"`{verb}` is not what can be done with one of `{word}`"
                    yield Complaint((*path, position), message, ", ".join(VERBS[word]), premises=((word, name),))


def distinct_verbs(environment: Environment) -> Iterator[Complaint]:
    """A verb is listed once."""
    for path, _, verbs in _access(environment):
        for position, verb in enumerate(verbs):
            if verb in verbs[:position]:
                yield Complaint((*path, position), f"`{verb}` is listed already", "", "leave it out")


def known_actions(environment: Environment) -> Iterator[Complaint]:
    """An action exists.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    for path, statement in _statements(environment):
        for position, action in enumerate(statement.actions):
            if actions.exists(action):
                continue
            prefix, _, name = action.partition(":")
            known = actions.services().get(prefix)
            if known is None:
                message, hint = f"IAM knows no service `{prefix}`", did_you_mean(prefix, actions.services())
            else:
                message, hint = f"`{prefix}` has no action `{name}`", did_you_mean(name.lower(), known)
            yield Complaint((*path, "actions", position), message, "", hint)


def resources_of_actions(environment: Environment) -> Iterator[Complaint]:
    """Everything is only for actions that know nothing smaller, and nothing smaller is for those.

    Whoever may act on identities, or take them on, may do all that any of them may: those are named one by one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    for path, statement in _statements(environment):
        known = [action for action in statement.actions if actions.exists(action)]
        precise = [action for action in known if actions.knows_resources(action)]
        coarse = [action for action in known if action not in precise]
        identities = [action for action in precise if action.startswith(("iam:", "sts:"))]
        for position, resource in enumerate(statement.resources):
            place = (*path, "resources", position)
            if resource == "*" and precise:
                hint = "name the ARNs; what knows no resource stands in a statement of its own"
                yield Complaint(place, f"`{precise[0]}` can be allowed on single resources", "ARNs", hint)
            elif identities and re.search(r"[*?]", resource):
                message = f"`{identities[0]}` gives all that whoever this matches may do"
                yield Complaint(place, message, "ARNs without * or ?", "name each")
            elif resource != "*" and coarse:
                hint = "move it into a statement of its own"
                yield Complaint(place, f"`{coarse[0]}` knows no resource, and would be allowed on none", "*", hint)


def partition_is_here(environment: Environment) -> Iterator[Complaint]:
    """An ARN is of the partition that the Region of the environment is in.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    here = next((name for start, name in PARTITIONS.items() if environment.region.startswith(start)), "aws")
    for path, statement in _statements(environment):
        for position, resource in enumerate(statement.resources):
            if resource != "*" and (partition := resource.split(":")[1]) != here:
                message = f"is of the partition {partition}, and {environment.region} is in {here}"
                hint = f"write arn:{here}:…"
                yield Complaint((*path, "resources", position), message, "", hint, premises=(("region",),))
