"""What becomes of each part in a review: the worst that happens to anything in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["danger", "replaced", "removed", "changed", "added", "same"]

LEVELS: dict[Level, str] = {
    "danger": "danger",
    "replaced": "replaced",
    "removed": "removed",
    "changed": "changed",
    "added": "added",
}
"""From grave to harmless, with what each is called in a picture."""


@dataclass(frozen=True)
class Mark:
    """How a part is marked."""

    level: Level
    text: str
