"""A review as one comment of a pull request: the worst first, details folded away, as long as a comment may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tapgen.review.causes import Causes
from tapgen.review.cost import Cost
from tapgen.review.reports.bill import basis, uncovered
from tapgen.review.reports.causes import grouped
from tapgen.review.reports.data import Data, data
from tapgen.review.reports.order import in_order
from tapgen.review.reports.rollouts import rolled_out
from tapgen.review.reports.text import SECTIONS, effects, is_told_below, summed
from tapgen.review.review import Review

MARKER = "<!-- tapgen review -->"
"""How a comment is found again, to be replaced."""

LONGEST = 60_000
"""Characters; GitHub takes 65,536."""

_LEAST = 1_500
"""Characters that every block has, however much the worse ones before it have to say."""

_OPEN = 15
"""Rows of a table that are seen at once."""

_ICONS = {
    "data-loss": "🔴",
    "must-fail": "🔴",
    "never-change": "🔴",
    "requests": "🟠",
    "downtime": "🟠",
    "interruption": "🟠",
    "protection": "🟠",
    "not-deleted": "🟡",
}


@dataclass(frozen=True)
class _Block:
    """A part of the comment: its entries are told in full, in brief, or by their number, as there is room."""

    head: str
    entries: Sequence[tuple[str, str]]
    foot: str = ""
    rest: str = "- …and {} more, in `tapgen review`"

    def told(self, room: int) -> str:
        """In no more characters than there is room for, if there is any for its head."""
        room -= len(self.head) + len(self.foot) + len(self.rest) + 10
        last, taken = 0, 0
        for brief, _ in self.entries:
            if taken + len(brief) + 1 > room:
                break
            last, taken = last + 1, taken + len(brief) + 1
        lines = list(_as_full(self.entries[:last], room - taken))
        left = len(self.entries) - last
        rest = self.rest.format(left) if left else ""
        return "\n".join(part for part in (self.head, *lines, rest, self.foot) if part)


def _as_full(entries: Sequence[tuple[str, str]], room: int) -> Iterator[str]:
    """The first of them in full, the others in brief."""
    for brief, full in entries:
        room = room - (len(full) - len(brief)) if room >= 0 else room
        yield full if room >= 0 else brief


def markdown(review: Review) -> str:
    """The whole review, or as much of it as there is room for."""
    found = data(review)
    written = f"{MARKER}\n\n### What these templates will do\n\n{_sum(found)}\n\n"
    blocks = list(_blocks(found, review))
    for place, block in enumerate(blocks, start=1):
        room = LONGEST - len(written) - (len(blocks) - place) * _LEAST
        written += block.told(room).rstrip() + "\n\n"
    return written.rstrip() + "\n"


def _sum(found: Data) -> str:
    counts = [f"**{len(changes)}** {title.lower()}" for effect, title in SECTIONS if (changes := _those(found, effect))]
    return ", ".join(counts) + "." if counts else "Nothing."


def _those(found: Data, effect: str) -> list[Data]:
    return [each for each in found["changes"] if each["effect"] == effect and not is_told_below(each)]


def _blocks(found: Data, review: Review) -> Iterator[_Block]:
    dangers = [
        (f"{_ICONS[each['kind']]} {each['kind']}", _code(each["address"]), _plain(each["text"]))
        for each in found["dangers"]
    ]
    yield from _table("Danger", ("what", "where", "why"), dangers)
    sides = ("who", "what", "where", "before", "after")
    rows = [(each["kind"], *(_code(each[side]) if side in each else "" for side in sides)) for each in found["access"]]
    yield from _table("Access", ("how", *sides), rows)
    yield from _costs(review.cost)
    if lines := [f"- {_plain(line)}" for line in rolled_out(review.rollouts)]:
        yield _Block("#### New tasks\n", [(line, line) for line in lines])
    if review.causes:
        yield from _causes(review.causes, effects(found))
    for effect, title in SECTIONS:
        if changes := _those(found, effect):
            head = f"<details><summary>{title} ({len(changes)})</summary>\n"
            yield _Block(head, [_change(each) for each in changes], "\n</details>")
    if steps := [f"1. {_plain(step)}" for step in in_order(review)]:
        head = f"<details><summary>Order of creation and deletion ({len(steps)})</summary>\n"
        yield _Block(head, [(step, step) for step in steps], "\n</details>")


def _causes(causes: Causes, effects: Mapping[str, str]) -> Iterator[_Block]:
    entries = []
    for title, addresses in grouped(causes):
        brief = f"- {_plain(title)}: " + (f"{len(addresses)} resources" if addresses else "changes nothing")
        told: dict[str, list[str]] = {}
        for address in addresses:
            if address in effects:
                told.setdefault(effects[address], []).append(_code(address))
        entries.append(
            (brief, "\n".join([brief, *(f"  - {word}: {', '.join(those)}" for word, those in told.items())]))
        )
    if entries or causes.note:
        note = f"\n{_plain(causes.note)}.\n" if causes.note else ""
        yield _Block(f"#### Causes ({len(causes.causes)})\n{note}", entries)


def _costs(cost: Cost) -> Iterator[_Block]:
    if not cost.changes:
        return
    gaps = "".join(f"- Not covered: {_plain(line)}\n" for line in uncovered(cost.uncovered))
    yield _Block(f"#### Cost\n\n{_first(summed(cost))}. {basis()}.\n\n{gaps}", [])
    rows = [
        (_code(each.address), _plain(each.type), str(each.before), str(each.after), each.before.rise(each.after))
        for each in cost.changes
    ]
    yield _rows(f"What costs more or less ({len(rows)})", ("where", "what", "before", "after", "a month"), rows)


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _change(change: Data) -> tuple[str, str]:
    """One that is changed, in brief and in full."""
    was = f", which was {_code(change['was'])}" if "was" in change else ""
    brief = f"- {_code(change['address'])} {_plain(change['type'])}{was}"
    lines = [brief]
    if "via" in change:
        lines.append(f"  - because {_code(change['because'])} changes: {' → '.join(map(_code, change['via']))}")
    for each in change.get("differences", ()):
        before, after = (_code(each[side]) if side in each else "nothing" for side in ("before", "after"))
        lines.append(f"  - {_code(each['path'])}: {before} → {after}")
    return brief, "\n".join(lines)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[_Block]:
    """The worst rows, and the others folded away."""
    if rows:
        yield _Block(f"#### {title} ({len(rows)})\n\n{_head(head)}", _lines(rows[:_OPEN]), rest="| …and {} more |")
    if more := rows[_OPEN:]:
        yield _rows(f"{len(more)} more", head, more)


def _rows(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> _Block:
    summary = f"<details><summary>{title}</summary>\n\n{_head(head)}"
    return _Block(summary, _lines(rows), "\n</details>", "| …and {} more, in `tapgen review` |")


def _head(names: Sequence[str]) -> str:
    return "\n".join(line for line, _ in _lines([names, ["---"] * len(names)]))


def _lines(rows: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return [(line, line) for line in lines]


def _code(value: str) -> str:
    """A value that no Markdown in it can leave."""
    short = " ".join((value if len(value) <= 200 else f"{value[:199]}…").splitlines())
    fence = "`" * (1 + max(map(len, re.findall("`+", short)), default=0))
    space = " " if short.startswith("`") or short.endswith("`") else ""
    return f"{fence}{space}{short}{space}{fence}"


def _plain(value: str) -> str:
    """A text in which nothing is Markdown or HTML, and nobody is called."""
    return re.sub(r"([\\`*_~<>\[\]#&])", r"\\\1", " ".join(value.splitlines())).replace("@", "@\u200b")
