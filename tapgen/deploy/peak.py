"""What a deployment needs at its peak, and how long requests take to move: for whoever decides about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tapgen.deploy.changes import Change, ChangeSet
from tapgen.review.reports.rollouts import rolled_out
from tapgen.review.rollouts import SERVICE, rollouts_of
from tapgen.review.stacks import Stack, stacks
from tapgen.review.templates import Templates

_TASKS = ("AWS::ECS::TaskDefinition", SERVICE)


def lines(templates: Templates, found: ChangeSet) -> Iterator[str]:
    """What new tasks of all services take that a change set of the root deploys; nothing where it deploys none."""
    known = stacks(templates)
    (root,) = [each for each in known.values() if not each.parent]
    deployed = dict(_deployed(root, found.changes, new=False))
    first, again = ({each for each, new in deployed.items() if new == wanted} for wanted in (True, False))
    if deployed:
        yield "while new tasks start beside old ones:" if again else "while the first tasks start:"
        yield from (f"  {line}" for line in rolled_out(rollouts_of(known, first, again)))


def _deployed(stack: Stack, changes: Sequence[Change], *, new: bool) -> Iterator[tuple[str, bool]]:
    """The services that get new tasks, and whether they are *new* themselves, as all of a new stack is."""
    added = {each.logical_id for each in changes if new or each.action == "Add"}
    if any(each.type in _TASKS for each in changes):
        yield from ((f"{stack.address}.{title}", title in added) for title in _services(stack))
    for change in changes:
        below = stack.nested.get(change.logical_id)
        if below and change.nested:
            yield from _deployed(below, change.nested.changes, new=change.logical_id in added)
        elif below:  # CloudFormation does not always look there
            yield from ((f"{below.address}.{title}", change.logical_id in added) for title in _services(below))


def _services(stack: Stack) -> Iterator[str]:
    return (title for title, each in stack.resources.items() if each["Type"] == SERVICE)
