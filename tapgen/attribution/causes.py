"""The causes of what a review has found: the lines that were changed, another version of tapgen, somebody's hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tapgen.attribution.documents import Documents
from tapgen.attribution.halves import by_halves, trials_for
from tapgen.attribution.keys import keys
from tapgen.attribution.steps import independent, together, without
from tapgen.attribution.trials import Step, Trials
from tapgen.errors import ConfigError
from tapgen.review.causes import Cause, Causes, Move, attributed, moved, moves
from tapgen.review.review import Review
from tapgen.review.stacks import Stack

Reading = Callable[[], Documents | None]
"""Reads the files that templates are rendered from; gives nothing where there are none."""

RESOURCES = 6_000
"""How many resources may be rendered to try every step: some seconds. What is larger gets fewer and larger steps."""

FEWEST, MOST = 4, 32
"""Steps, however many resources each takes."""

_BEFORE = "the templates before are not what this tapgen renders: another version did, or somebody edited them"
_AFTER = "the templates are not what this tapgen renders: edited by hand, or by another version, or not rendered since"


def causes(review: Review, before: Reading, after: Reading) -> Causes:
    """What lies behind each change that a review has found, given what the templates were and are rendered from."""
    found = list(dict.fromkeys(moved(review.changes, review.outcomes)))
    if not found:
        return Causes()
    try:
        old, new = before(), after()
        if old is None or new is None:
            return Causes((), found, f"there is no tapgen.yaml {'now' if old else 'before'}, so no line of it is named")
        return _searched(review, found, old, new)
    except ConfigError as error:
        return Causes((), found, f"no line of tapgen.yaml is named, since it is refused: {_shortly(error)}")


def _shortly(error: ConfigError) -> str:
    problem = error.problems[0]
    return f"{problem.place.file}:{problem.place.line}: {problem.message}" if problem.place else problem.message


def _searched(review: Review, found: Sequence[Move], before: Documents, after: Documents) -> Causes:
    changed = keys(before, after)
    trials = Trials(before, after, changed, {_root(move.address) for move in found})
    for whole in ((), (tuple(changed),)):
        trials.stacks(whole)
    others = list(_by_others(review, trials, (tuple(changed),), found))
    elsewhere = {move for cause in others for move in cause.moves}
    most, known, note = _most(review), None, ""
    if most < len(changed) and trials_for(changed) <= most:
        known = by_halves(trials, changed, [move for move in found if move not in elsewhere])
        note = f"{len(changed)} keys are changed: halves of them are tried, and what several change names all of these"
    if known is None:
        steps = together(changed, most)
        known = list(_by_lines(trials, steps, found))
        note = f"{len(changed)} keys are changed: neighbours are tried together" if len(steps) < len(changed) else ""
    explained = elsewhere | {move for cause in known for move in cause.moves}
    return Causes([*known, *others], [move for move in found if move not in explained], note)


def _root(address: str) -> str:
    return address.partition("/")[0].partition(".")[0]


def _most(review: Review) -> int:
    resources = sum(len(stack.resources) for stack in review.after.values())
    return min(MOST, max(FEWEST, RESOURCES // max(1, resources)))


def _by_lines(trials: Trials, steps: Sequence[Step], found: Sequence[Move]) -> Iterator[Cause]:
    """What each step does by itself, after those that it needs; else what it does as the last of all."""
    needs = independent(trials, steps)
    every = list(needs)
    alone = [trials.moves(needs[step], needs[step] | {step}) for step in every]
    makers = attributed(found, dict(enumerate(alone)))
    left = [move for move in found if not makers[move]]
    if len(every) > 1:
        undone = {
            number: trials.moves(*around)
            for number, step in enumerate(every)
            if (left or not alone[number]) and (around := without(trials, step, every))
        }
        silent = {number: each for number, each in undone.items() if not alone[number]}
        for move, numbers in attributed(found, silent).items():
            makers[move] += numbers
        makers |= attributed(left, undone)
    for number, step in enumerate(every):
        yield Cause([key.line for key in step], [move for move in found if number in makers[move]])


def _by_others(review: Review, trials: Trials, steps: Sequence[Step], found: Sequence[Move]) -> Iterator[Cause]:
    """What is not as it is rendered, on either side."""
    old, new = trials.stacks(()), trials.stacks(steps)
    for text, there, here in ((_BEFORE, _of(review.before, old), old), (_AFTER, new, _of(review.after, new))):
        differing = moves(there, here)
        if own := [move for move in found if move in differing]:
            yield Cause((), own, text)


def _of(stacks: Mapping[str, Stack], rendered: Mapping[str, Stack]) -> dict[str, Stack]:
    """Those of the roots that were rendered."""
    roots = {_root(address) for address in rendered}
    return {address: stack for address, stack in stacks.items() if _root(address) in roots}
