"""What is made and what is deleted, in words."""

from __future__ import annotations

from tapgen.review.review import Review


def in_order(review: Review) -> list[str]:
    """One after the other; nothing where nothing is deleted, since then no order matters to what is there."""
    if all(step.action == "create" for step in review.order):
        return []
    replaced = set(review.replaced)
    words = {"create": "create the new", "delete": "delete the old"}
    return [
        f"{words[step.action] if step.address in replaced else step.action} {step.address}" for step in review.order
    ]
