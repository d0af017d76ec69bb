"""A review as one comment of a pull request: the worst first, details folded away, as long as a comment may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tapgen.review.cost import Cost
from tapgen.review.reports.bill import basis, uncovered
from tapgen.review.reports.data import Data, data
from tapgen.review.reports.text import SECTIONS, is_told_below, summed
from tapgen.review.review import Review

MARKER = "<!-- tapgen review -->"
"""How a comment is found again, to be replaced."""

LONGEST = 60_000
"""Characters; GitHub takes 65,536."""

_CUT = "\n\n…and more: the whole of it is in `tapgen review`.\n"
_ROWS = 100
"""Of what costs more or less: the others are in `tapgen review`, and in the sum."""

_ICONS = {
    "data-loss": "🔴",
    "must-fail": "🔴",
    "never-change": "🔴",
    "requests": "🟠",
    "downtime": "🟠",
    "protection": "🟠",
}


def markdown(review: Review) -> str:
    """The whole review, or as much of it as there is room for."""
    found = data(review)
    blocks = [MARKER, f"### What these templates will do\n\n{_sum(found)}", *_blocks(found, review.cost)]
    written = ""
    for block in blocks:
        if len(written) + len(block) + len(_CUT) > LONGEST:
            return written + _CUT
        written += block + "\n\n"
    return written.rstrip() + "\n"


def _sum(found: Data) -> str:
    counts = [
        f"**{len(changes)}** {title.lower()}"
        for effect, title in SECTIONS
        if (changes := [each for each in found["changes"] if each["effect"] == effect and not is_told_below(each)])
    ]
    return ", ".join(counts) + "." if counts else "Nothing."


def _blocks(found: Data, cost: Cost) -> Iterator[str]:
    if found["dangers"]:
        dangers = [
            (f"{_ICONS[each['kind']]} {each['kind']}", f"`{each['address']}`", each["text"])
            for each in found["dangers"]
        ]
        yield "#### Danger\n\n" + _table(("what", "where", "why"), dangers)
    if found["access"]:
        rows = [
            (each["kind"], *(_code(each.get(side)) for side in ("who", "what", "where", "before", "after")))
            for each in found["access"]
        ]
        yield "#### Access\n\n" + _table(("how", "who", "what", "where", "before", "after"), rows)
    if cost.changes:
        yield f"#### Cost\n\n{_first(summed(cost))}.\n\n{_costs(cost)}\n\n{basis()}."
    for effect, title in SECTIONS:
        changes = [each for each in found["changes"] if each["effect"] == effect and not is_told_below(each)]
        if changes:
            yield _folded(f"{title} ({len(changes)})", "\n".join(line for each in changes for line in _change(each)))


def _costs(cost: Cost) -> str:
    rows = [
        (f"`{each.address}`", each.type, str(each.before), str(each.after), each.before.rise(each.after))
        for each in cost.changes[:_ROWS]
    ]
    more = len(cost.changes) - len(rows)
    rows += [(f"…and {more} more", "", "", "", "")] if more else []
    table = _table(("where", "what", "before", "after", "a month"), rows)
    return "\n".join([table, *(f"\nNot covered: {line}" for line in uncovered(cost.uncovered))])


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _change(change: Data) -> Iterator[str]:
    was = f", which was `{change['was']}`" if "was" in change else ""
    yield f"- `{change['address']}` {change['type']}{was}"
    if "via" in change:
        yield f"  - because `{change['because']}` changes: {' → '.join(f'`{step}`' for step in change['via'])}"
    for each in change.get("differences", ()):
        yield f"  - `{each['path']}`: {_code(each.get('before'))} → {_code(each.get('after'))}"


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )


def _code(value: str | None) -> str:
    """A value that no Markdown in it can leave."""
    if value is None:
        return "nothing"
    short = value if len(value) <= 200 else f"{value[:199]}…"
    fence = "``" if "`" in short else "`"
    return f"{fence}{short.replace(chr(10), ' ')}{fence}"
