"""When a scheduled job starts: `cron(...)` and `rate(...)`, as EventBridge Scheduler reads them.

Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html ,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from tapgen.config.suggest import did_you_mean


@dataclass(frozen=True)
class Field:
    """One field of a cron expression."""

    name: str
    low: int
    high: int
    names: Sequence[str] = ()
    """What its numbers may be called, from *low* on."""

    special: str = ""
    """A pattern of what may stand in it beside numbers, ranges and steps."""

    @property
    def allowed(self) -> str:
        """Its values, in words."""
        called = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"{self.low}-{self.high}{called}"

    def problems(self, text: str) -> Iterator[str]:
        """What is wrong with the field, entry by entry."""
        for entry in text.split(","):
            if self.special and re.fullmatch(self.special, entry):
                continue
            body, slash, step = entry.partition("/")
            if slash and not (step.isdecimal() and int(step) > 0):
                yield f"{self.name}: the step in {entry!r} is no number above 0"
            elif body != "*":
                yield from self._range(entry, body)

    def single(self, text: str) -> list[int]:
        """Its numbers, where it is a list of them and of nothing else."""
        numbers = [self._number(entry) for entry in text.split(",")]
        known = [number for number in numbers if number is not None]
        return known if known == numbers else []

    def _range(self, entry: str, body: str) -> Iterator[str]:
        numbers = [self._number(part) for part in body.split("-", 1)]
        known = [number for number in numbers if number is not None]
        if known != numbers:
            yield f"{self.name}: {entry!r} is not one of {self.allowed}"
        elif known[0] > known[-1]:
            yield f"{self.name}: {entry!r} ends before it begins"

    def _number(self, text: str) -> int | None:
        if text.upper() in self.names:
            return self.low + self.names.index(text.upper())
        return int(text) if text.isdecimal() and self.low <= int(text) <= self.high else None


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

_DAY = f"([1-7]|{'|'.join(DAYS)})"
FIELDS = (
    Field("minutes", 0, 59),
    Field("hours", 0, 23),
    Field("day of month", 1, 31, special=r"\?|L|L-([1-9]|[12][0-9]|30)|LW|([1-9]|[12][0-9]|3[01])W"),
    Field("month", 1, 12, MONTHS),
    Field("day of week", 1, 7, DAYS, special=rf"(?i:\?|L|{_DAY}L|{_DAY}#[1-5])"),
    Field("year", 1970, 2199),
)

_LEAP_YEAR = 2000

EXAMPLES = "cron(0 6 * * ? *), cron(0/15 8-18 ? * MON-FRI *) or rate(1 hour)"


def schedule(text: str) -> str:
    """*text*, if it says when a job starts.

    Raises:
        ValueError: it does not; says which field is wrong, and what may stand there.
    """
    found = re.fullmatch(r"(cron|rate)\((.*)\)", text)
    if not found:
        raise ValueError(f"does not say when: write {_meant(text)}")
    problems = list((_cron if found[1] == "cron" else _rate)(found[2].split()))
    if problems:
        raise ValueError(f"is no schedule: {'; '.join(problems)}")
    return text


def _meant(text: str) -> str:
    if text.startswith("at("):
        return f"{EXAMPLES}; what runs once has no `schedule`, and is started with `make task`"
    if len(text.split()) in (5, 6):
        return f"cron({text})" if len(text.split()) == 6 else _six(text.split())
    return EXAMPLES


def _cron(fields: Sequence[str]) -> Iterator[str]:
    if len(fields) != len(FIELDS):
        names = ", ".join(field.name for field in FIELDS)
        meant = f"; for example {_six(fields)}" if len(fields) == 5 else ""
        yield f"has {len(fields)} fields instead of 6: {names}{meant}"
        return
    for field, text in zip(FIELDS, fields, strict=True):
        yield from field.problems(text)
    of_month, of_week = fields[2], fields[4]
    if (of_month == "?") == (of_week == "?"):
        yield f"day of month and day of week: one of them must be ?, and they are {of_month} and {of_week}"
    if no_month := _no_month(of_month, fields[3]):
        yield no_month
    if "#" in of_week and "," in of_week:
        yield "day of week: beside one with # there can be no other"


def _no_month(of_month: str, month: str) -> str:
    """Says so where no month that is named has such a day."""
    days, months = FIELDS[2].single(of_month), FIELDS[3].single(month)
    if days and months and min(days) > max(monthrange(_LEAP_YEAR, each)[1] for each in months):
        return f"day of month: there is no day {min(days)} in month {month}"
    return ""


def _six(fields: Sequence[str]) -> str:
    """What the five fields of Unix are here, where nothing is to be translated: there, Sunday is 0, and here 1."""
    minutes, hours, of_month, month, of_week = fields
    if of_week == "*":
        return f"cron({minutes} {hours} {of_month} {month} ? *)"
    if of_month == "*" and not re.search(r"\d", of_week):
        return f"cron({minutes} {hours} ? {month} {of_week.upper()} *)"
    return EXAMPLES


def _rate(words: Sequence[str]) -> Iterator[str]:
    if len(words) != 2 or not words[0].isdecimal() or int(words[0]) == 0:
        yield "a rate is a number above 0 and a unit: rate(5 minutes)"
        return
    number, unit = int(words[0]), words[1]
    if unit.rstrip("s") not in ("minute", "hour", "day"):
        yield f"{unit!r} is no unit of a rate: minutes, hours or days"
    elif unit.endswith("s") == (number == 1):
        yield f"write rate({number} {unit.rstrip('s')}{'' if number == 1 else 's'})"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def timezone(text: str) -> str:
    """*text*, if it is a time zone of the IANA database. Where a system has no such database, only AWS can tell.

    Raises:
        ValueError: there is no such time zone.
    """
    if text != "UTC" and _zones() and text not in _zones():
        hint = did_you_mean(text, _zones())
        raise ValueError(f"is no time zone of the IANA database{f': {hint}' if hint else ', such as Europe/Berlin'}")
    return text
