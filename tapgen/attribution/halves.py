"""Many keys that have nothing to do with each other, told apart by few trials.

Each key has a number, and for each digit of the numbers, those that have a 1 there are tried together, and those that
have a 0: whatever one key moves is seen in just those trials that spell its number.
https://en.wikipedia.org/wiki/Group_testing
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tapgen.attribution.keys import Key
from tapgen.attribution.trials import Trials
from tapgen.review.causes import Cause, Move, likeness

Seen = dict[str, list[Move]]
"""What a trial has moved, by address."""


def trials_for(keys: Sequence[Key]) -> int:
    """How many trials it takes."""
    return 2 * (len(keys) - 1).bit_length()


def by_halves(trials: Trials, keys: Sequence[Key], found: Sequence[Move]) -> list[Cause] | None:
    """The causes; nothing where halves of the keys cannot stand alone, or more than one key is needed for a move.

    What several keys move names all that it may have been, together.
    """
    numbers = range(len(keys))
    halves = [
        [[n for n in numbers if n >> digit & 1 == side] for side in (0, 1)] for digit in range(trials_for(keys) // 2)
    ]
    steps = [[tuple(keys[n] for n in half) for half in pair] for pair in halves]
    if not all(trials.stands([step]) for pair in steps for step in pair):
        return None
    seen = [[_by_address(trials.moves((), [step])) for step in pair] for pair in steps]
    makers: dict[frozenset[int], list[Move]] = {frozenset({n}): [] for n in numbers}
    for move in found:
        makers.setdefault(_makers(move, halves, seen), []).append(move)
    if frozenset() in makers:
        return None
    together = {n for numbers in makers if len(numbers) > 1 for n in numbers}
    return [
        Cause([keys[n].line for n in sorted(numbers)], moves)
        for numbers, moves in makers.items()
        if moves or not numbers <= together
    ]


def _by_address(moves: Iterable[Move]) -> Seen:
    found: Seen = {}
    for move in moves:
        found.setdefault(move.address, []).append(move)
    return found


def _makers(move: Move, halves: Sequence[Sequence[Sequence[int]]], seen: Sequence[Sequence[Seen]]) -> frozenset[int]:
    """The numbers of the keys that may have made a move: of one key, where each digit is seen on one side alone."""
    possible = {n for half in halves[0] for n in half}
    for pair, sides in zip(halves, seen, strict=True):
        alike = [max((likeness(move, each) for each in side.get(move.address, ())), default=0) for side in sides]
        if not any(alike):
            return frozenset()
        if alike[0] != alike[1]:
            possible &= set(pair[alike.index(max(alike))])
    return frozenset(possible)
