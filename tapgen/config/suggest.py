"""Guessing what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """A hint that names the known word nearest to *word*, or nothing where none is near."""
    near = get_close_matches(str(word), list(map(str, known)), 1)
    return f"did you mean `{near[0]}`?" if near else ""
