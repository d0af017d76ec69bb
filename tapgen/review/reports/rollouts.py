"""What new tasks take, in lines."""

from __future__ import annotations

from collections.abc import Iterator

from tapgen.review.rollouts import Rollouts


def rolled_out(rollouts: Rollouts) -> Iterator[str]:
    """A line for each service, and one for all of them."""
    yield from (f"{address}: {each}" for address, each in rollouts.known.items())
    yield from (f"{address}: not known: {why}" for address, why in rollouts.unknown.items())
    if rollouts.known:
        yield rollouts.sum
