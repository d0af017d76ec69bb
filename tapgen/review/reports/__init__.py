"""A review as people and programs read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tapgen.review.reports.data import data
from tapgen.review.reports.markdown import markdown
from tapgen.review.reports.text import text
from tapgen.review.review import Review

FORMATS: Mapping[str, Callable[[Review], str]] = {
    "text": text,
    "markdown": markdown,
    "json": lambda review: json.dumps(data(review), indent=2) + "\n",
}
"""How a review can be printed."""
