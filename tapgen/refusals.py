"""What a review can refuse, in the words of `--fail-on` and of `tapgen.accepted.yaml`."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "replace",
    "maybe-replace",
    "remove",
    "data-loss",
    "must-fail",
    "never-change",
    "requests",
    "downtime",
    "interruption",
    "protection",
    "not-deleted",
    "access",
    "cost",
]
"""What becomes of resources, what may hurt, whoever may do more, and what costs more."""
