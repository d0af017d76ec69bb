"""What went wrong, where, and what to do about it.

Exit codes: 0 fine; 1 what was checked is not so (stale templates, findings); 2 wrong usage or configuration; 3 a bug in
tapgen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, order=True)
class Place:
    """A stretch of one line of a file. Line and column count from 1, in characters."""

    file: str
    line: int
    column: int
    length: int = 1
    text: str = ""
    """The whole line, for showing it."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with what the user wrote."""

    message: str
    """What is wrong, with the value got: `services.payment.cpu: 300 is not a CPU size of Fargate`."""

    place: Place | None = None
    allowed: str = ""
    """The values that would be right."""

    hint: str = ""
    """The change to make."""

    def __str__(self) -> str:
        lines = [f"error: {self.message}"]
        gutter = " " * len(str(self.place.line)) if self.place else ""
        if self.place:
            lines.append(f"{gutter}--> {self.place.file}:{self.place.line}:{self.place.column}")
        if self.place and self.place.text:
            marks = " " * (self.place.column - 1) + "^" * self.place.length
            lines += [f"{gutter} |", f"{self.place.line} | {self.place.text}", f"{gutter} | {marks}"]
        notes = (("allowed", self.allowed), ("help", self.hint))
        return "\n".join([*lines, *(f"{gutter} = {label}: {text}" for label, text in notes if text)])


class TapgenError(Exception):
    """An error whose text is meant for the user."""

    exit_code: ClassVar[int] = 2


class ConfigError(TapgenError):
    """The configuration is wrong: every problem at once, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n\n".join(map(str, self.problems)))


class OutputError(TapgenError):
    """The templates cannot be written where they are wanted."""
