"""What can be said about what a review may find all the same."""

from __future__ import annotations

from calendar import monthrange
from typing import Annotated

from pydantic import AfterValidator, Field

from tapgen.config.types import List, Model, looks
from tapgen.refusals import Kind


def _day(value: str) -> str:
    year, month, day = map(int, value.split("-"))
    if not (year and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        raise ValueError("is no day of the calendar")
    return value


Day = Annotated[str, looks(r"^\d{4}-\d{2}-\d{2}$", "a day: 2026-12-31"), AfterValidator(_day)]


class Acceptance(Model):
    """Something that a review may find."""

    kind: Kind
    """What it is."""

    address: str = Field(min_length=1, max_length=500)
    """Where it is, as the review names it, with `*` for anything: `prod/network.Vpc`, `prod/*`; of access, who has it
    and on what: `everyone on prod/data.Mails`."""

    reason: str = Field(min_length=10, max_length=500)
    """Why that is right."""

    author: str = Field(min_length=1, max_length=100)
    """Who says so."""

    until: Day
    """The last day on which it counts."""


class Acceptances(Model):
    """What reviews may find all the same."""

    accepted: List[Acceptance] = Field((), max_length=200)
    """What is accepted, entry by entry."""
