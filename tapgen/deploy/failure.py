"""Why an operation failed: the deepest cause, what the tasks say of it, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tapgen.deploy.operation import Operation
from tapgen.deploy.stacks import Event
from tapgen.deploy.tasks import Look, Witness
from tapgen.deploy.words import thing

_CONSEQUENCES = (
    "Embedded stack",
    "The following resource(s) failed",
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
)
"""How CloudFormation speaks of what failed only because something else did."""

_REMEDIES: Mapping[str, str] = {
    r"POST_TEST_TRAFFIC_SHIFT lifecycle hook\(s\) failed": (
        "the new version did not answer as `smoke` says within `deployment.test.minutes`: every answer is in the log "
        "group TestVersionLogGroup of the stack Release"
    ),
    "CannotPullContainer|not found in the registry|manifest unknown": (
        "the image cannot be had: push it, check its digest in tapgen.images.yaml, and that tasks reach the registry "
        "(network.nat, network.endpoints, egress)"
    ),
    "ResourceInitializationError|unable to pull secrets": (
        "a secret cannot be had: check its name and JSON key, the rights of the execution role, and that tasks reach "
        "Secrets Manager (network.nat, network.endpoints, egress)"
    ),
    "out of memory|OutOfMemory": "give the service more `memory`, or find out why it needs so much",
    "failed ELB health checks|Health checks failed|failed container health checks": (
        "the service must answer health.path on its port with 200, and soon enough: see health.grace and "
        "health.container.start"
    ),
    "Essential container in task exited": "the program ended by itself: its log says why",
    "denied by stack policy": (
        "what holds data or addresses is protected: deploy `protect: false` first if it is really to be replaced"
    ),
    "AccessDenied|is not authorized|UnauthorizedOperation": "CloudFormation's role lacks a right: run make bootstrap",
    "already exists|AlreadyExists": "delete or rename what is there under that name already",
    "LimitExceeded|quota|maximum number|Limit": "the account is at a quota: ask for more in the Service Quotas console",
    "BucketNotEmpty|bucket you tried to delete is not empty": "empty the bucket, then try again",
    "deletion protection|DeletionProtection|OperationNotPermitted": "make destroy lifts deletion protection first",
    "capacity|Capacity is unavailable": "Fargate has no room at the moment: try again, or use less Spot",
    "service linked role": "AWS makes the role at the first use: deploy once more",
}
"""What to do, by what is said of the failure."""


def causes(operation: Operation) -> list[Event]:
    """What failed by itself, in the order in which it did; what CloudFormation cancelled for that is left out."""
    found = operation.failures()
    own = [each for each in found if not _is_consequence(each)]
    return own or found[:1]


def explain(operation: Operation, witness: Witness) -> str:
    """What failed first, where, what else is known of it, and what to do."""
    found = causes(operation)
    if not found:
        return f"{operation.root.name} ended as {operation.status}, and no event says why"
    first = found[0]
    if (first.stack_id, first.logical_id) in witness.as_asked:
        return f"{_place(operation, first)}: it was rolled back, as asked"
    look = witness.looks.get((first.stack_id, first.logical_id), Look())
    said = [_headline(operation, first), *(f"  {line}" for line in look.lines())]
    said += [f"also: {_headline(operation, each)}" for each in _others(found)]
    advice = remedy([first.reason, *look.stopped, *look.unhealthy, *look.messages])
    return "\n".join([*said, *([f"help: {advice}"] if advice else [])])


def remedy(said: Iterable[str]) -> str:
    """What to do about something of which this is *said*; nothing where nobody knows."""
    text = "\n".join(said)
    return next((advice for pattern, advice in _REMEDIES.items() if re.search(pattern, text)), "")


def _headline(operation: Operation, event: Event) -> str:
    return f"{_place(operation, event)}: {event.reason or event.status}"


def _place(operation: Operation, event: Event) -> str:
    return f"{operation.tracks[event.stack_id].path}: {thing(event.type)} {event.logical_id}"


def _others(found: list[Event]) -> Iterator[Event]:
    """Other resources that failed by themselves, each once; going back can fail too, and says so last."""
    seen = {(found[0].stack_id, found[0].logical_id)}
    for each in found[1:]:
        if (each.stack_id, each.logical_id) not in seen:
            seen.add((each.stack_id, each.logical_id))
            yield each


def _is_consequence(event: Event) -> bool:
    return any(words in event.reason for words in _CONSEQUENCES)
