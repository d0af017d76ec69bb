"""A review, and a bill, as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from tapgen.review.reports.bill import BILLS
from tapgen.review.reports.data import data
from tapgen.review.reports.github import github
from tapgen.review.reports.markdown import markdown
from tapgen.review.reports.sarif import sarif
from tapgen.review.reports.text import text
from tapgen.review.review import Review

__all__ = ["AT_LINES", "BILLS", "FORMATS"]

FORMATS: Mapping[str, Callable[[Review], str]] = {
    "text": text,
    "markdown": markdown,
    "json": lambda review: json.dumps(data(review), indent=2) + "\n",
}
"""How a review can be printed."""

AT_LINES: Mapping[str, Callable[[Review, Path, Path], str]] = {"sarif": sarif, "github": github}
"""How a review can be printed that names lines: of templates in a folder, and of files that are named from another."""
