"""What stands literally in a template: a template may hold anything anywhere, and rules look only at what is plain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The mappings in a list, with their positions."""
    if isinstance(value, list):
        yield from ((position, item) for position, item in enumerate(value) if isinstance(item, Mapping))


def number(value: object) -> int | None:
    """A whole number, which templates also write as text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return int(value) if isinstance(value, int) or re.fullmatch(r"-?\d{1,18}", value) else None


def text(value: object) -> str | None:
    """A plain text."""
    return str(value) if isinstance(value, str) else None
