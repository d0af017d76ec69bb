"""A review: everything that a change does, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tapgen.review.access import Access, access
from tapgen.review.causes import Causes
from tapgen.review.cost import Cost, cost
from tapgen.review.dangers import Danger, dangers
from tapgen.review.deletions import gone
from tapgen.review.differences import Change, changes
from tapgen.review.effects import Effect
from tapgen.review.order import Step, order
from tapgen.review.ripples import Outcome, outcomes
from tapgen.review.rollouts import Rollouts, rollouts
from tapgen.review.stacks import Stack, stacks
from tapgen.review.templates import Templates


@dataclass(frozen=True)
class Review:
    """What a change of templates does."""

    before: Mapping[str, Stack]
    after: Mapping[str, Stack]
    changes: Sequence[Change]
    outcomes: Mapping[str, Outcome]
    """What becomes of each resource that stays, by address, as far as anything does."""

    dangers: Sequence[Danger]
    """What may hurt, the worst first."""

    access: Sequence[Access]
    """Who may do more, less or else, the worst first."""

    cost: Cost
    """What it costs a month."""

    rollouts: Rollouts
    """The new tasks that it brings."""

    order: Sequence[Step]
    """What is made and what is deleted, one after the other."""

    causes: Causes | None = None
    """What lies behind the changes, where that was asked; `tapgen.attribution` tells."""

    @property
    def replaced(self) -> list[str]:
        """The addresses of what is replaced."""
        return [address for address, each in self.outcomes.items() if each.effect == Effect.REPLACED]


def review(before: Templates, after: Templates) -> Review:
    """Compare two sets of templates.

    Raises:
        UnreadableError: one of them is no template.
    """
    return compared(stacks(before), stacks(after))


def compared(before: Mapping[str, Stack], after: Mapping[str, Stack]) -> Review:
    """Compare two sets of stacks."""
    found = changes(before, after)
    reached = outcomes(before, after, found)
    left = gone(before, after, found, reached.values())
    return Review(
        before,
        after,
        found,
        reached,
        dangers(before, after, found, reached, left),
        access(before, after, found),
        cost(before, after, found, reached),
        rollouts(before, after, reached),
        order((before, after), found, reached.values(), left.deleted),
    )
