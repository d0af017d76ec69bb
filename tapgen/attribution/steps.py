"""Which changed keys can stand alone, which need others, and which only stand together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tapgen.attribution.keys import Key
from tapgen.attribution.trials import Step, Steps, Trials


def together(keys: Sequence[Key], most: int) -> list[Step]:
    """The keys as at most so many steps: neighbours in the file, where there are more."""
    size = max(1, -(-len(keys) // most))
    return [tuple(keys[place : place + size]) for place in range(0, len(keys), size)]


def independent(trials: Trials, steps: Sequence[Step]) -> dict[Step, Steps]:
    """Steps that can be taken one at a time, each with those that it needs; what cannot be parted is one step.

    All steps together stand, and so do none.
    """
    found = list(steps)
    needed: dict[Step, Steps] = {}
    while len(needed) < len(found):
        step = next(each for each in found if each not in needed)
        needs = _needs(trials, step, found)
        if trials.stands(needs):
            needed[step] = needs
            continue
        merged = tuple(key for each in found if each == step or each in needs for key in each)
        found = [each for each in found if each != step and each not in needs]
        found.append(merged)
        needed = {each: others for each, others in needed.items() if each in found and others <= set(found)}
    return {step: needed[step] for step in found}


def _needs(trials: Trials, step: Step, steps: Sequence[Step]) -> Steps:
    """The fewest others with which a step stands."""
    return _fewest(lambda others: trials.stands([*others, step]), [each for each in steps if each != step])


def without(trials: Trials, step: Step, steps: Sequence[Step]) -> tuple[Steps, Steps] | None:
    """All steps but one, and but those that need it; and these with it. Nothing where that does not stand."""
    others = [each for each in steps if each != step]
    undone = _fewest(lambda more: trials.stands([each for each in others if each not in more]), others)
    left = frozenset(each for each in others if each not in undone)
    return (left, left | {step}) if trials.stands(left | {step}) else None


def _fewest(stands: Callable[[Sequence[Step]], bool], steps: Sequence[Step]) -> Steps:
    """The fewest steps with which something stands: as many as possible are left out, first many at once."""
    kept = [] if stands([]) else list(steps)
    size = len(kept)
    while size:
        place = 0
        while place < len(kept):
            fewer = kept[:place] + kept[place + size :]
            if stands(fewer):
                kept = fewer
            else:
                place += size
        size //= 2
    return frozenset(kept)
