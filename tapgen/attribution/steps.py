"""Which changed keys can stand alone, which need others, and which only stand together."""

from __future__ import annotations

from collections.abc import Sequence

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
        needs = frozenset() if trials.stands([step]) else _needs(trials, step, found)
        if trials.stands(needs):
            needed[step] = needs
            continue
        merged = tuple(key for each in found if each == step or each in needs for key in each)
        found = [each for each in found if each != step and each not in needs]
        found.append(merged)
        needed = {each: others for each, others in needed.items() if each in found and others <= set(found)}
    return {step: needed[step] for step in found}


def _needs(trials: Trials, step: Step, steps: Sequence[Step]) -> Steps:
    """The fewest others with which a step stands: as many as possible are left out, first many at once."""
    kept = [each for each in steps if each != step]
    size = len(kept)
    while size:
        place = 0
        while place < len(kept):
            fewer = kept[:place] + kept[place + size :]
            if trials.stands([*fewer, step]):
                kept = fewer
            else:
                place += size
        size //= 2
    return frozenset(kept)
