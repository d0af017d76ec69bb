"""A review as annotations, which GitHub shows at the lines of a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tapgen.annotations import Command, annotation
from tapgen.review.reports.lines import Line, lines
from tapgen.review.reports.rules import RULES, Level
from tapgen.review.review import Review

_COMMANDS: Mapping[Level, Command] = {"error": "error", "warning": "warning", "note": "notice"}

MOST = 10
"""Of each command, in one step; GitHub shows no more.

https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md
"""


def github(review: Review, folder: Path, root: Path) -> str:
    """The worst of it at its lines of the templates in *folder*, and a last line about the rest."""
    shown: Counter[Command] = Counter()
    written = []
    left = 0
    for line in lines(review, folder, root):
        command = _COMMANDS[RULES[line.kind].level]
        most = MOST - 1 if command == "notice" else MOST
        if shown[command] == most:
            left += 1
            continue
        shown[command] += 1
        written.append(_annotation(command, line))
    if left:
        written.append(annotation("notice", {"title": "tapgen review"}, f"and {left} more: tapgen review says all"))
    return "".join(written)


def _annotation(command: Command, line: Line) -> str:
    place: dict[str, str | int] = {"file": line.place.file, "line": line.place.line, "title": RULES[line.kind].title}
    origin = f" (from {', '.join(f'{each.file}:{each.line}' for each in line.sources)})" if line.sources else ""
    return annotation(command, place, line.message + origin)
