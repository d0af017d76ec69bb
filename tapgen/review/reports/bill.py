"""What a platform costs a month, as people and programs read it.

As data, the version of its shape is 1: `currency`, `region` and `date` of the list prices, `total`, the ranges
(`least`, `most`) by `stacks` and by `types` (with `count`), `resources` (`address`, `type`, `least`, `most`),
`uncovered` (`type`, `what`, `addresses`), and `beyond`, which no estimate covers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from tapgen.review.cost import Bill, Gap, Range, table
from tapgen.review.reports.data import amount, gap, prices

VERSION = 1


def _text(bill: Bill) -> str:
    """A bill for a terminal: the whole, by stack, by kind of resource, and what is not in it."""
    known = table()
    lines = [f"Estimated cost a month: {bill.total} {known.currency}", ""]
    for root, cost in bill.roots.items():
        below = [(name, cost) for name, cost in bill.stacks.items() if name == root or name.startswith(f"{root}/")]
        lines += [*_columns([(root, cost), *((f"  {name}", each) for name, each in below)]), ""]
    kinds = [(f"{name} ({count})", cost) for name, (count, cost) in bill.types.items()]
    lines += [*_columns([("By kind of resource", bill.total), *((f"  {name}", cost) for name, cost in kinds)]), ""]
    lines += [
        "Not covered:",
        *(f"  {line}" for line in uncovered(bill.gaps())),
        *(f"  {each}" for each in known.beyond),
    ]
    lines += ["", f"{basis()}.", known.regions]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def basis() -> str:
    """What an estimate goes by."""
    known = table()
    return (
        f"An estimate by list prices of {known.region}, of {known.oldest} to {known.date}, for {known.hours} hours, "
        "without data transfer, requests, tax and discounts"
    )


def uncovered(gaps: Iterable[Gap]) -> Iterator[str]:
    """What is not covered, a line for each type."""
    for each in gaps:
        yield f"{each.type} ({len(each.addresses)}): {each.what}"


def _columns(rows: list[tuple[str, Range]]) -> Iterator[str]:
    width = max(len(name) for name, _ in rows)
    for name, cost in rows:
        yield f"{name:{width}}  {cost!s:>21}"


def _data(bill: Bill) -> str:
    found = {
        "version": VERSION,
        **prices(),
        "total": amount(bill.total),
        "stacks": {name: amount(cost) for name, cost in bill.stacks.items()},
        "types": {name: {"count": count, **amount(cost)} for name, (count, cost) in bill.types.items()},
        "resources": [
            {"address": address, "type": item.type, **amount(item.cost)} for address, item in bill.items.items()
        ],
        "uncovered": [gap(each) for each in bill.gaps()],
        "beyond": list(table().beyond),
    }
    return json.dumps(found, indent=2) + "\n"


BILLS: Mapping[str, Callable[[Bill], str]] = {"text": _text, "json": _data}
"""How a bill can be printed."""
