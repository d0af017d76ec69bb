"""Properties that are only there when they have a value."""

from __future__ import annotations

from typing import Any


def present(**properties: Any) -> dict[str, Any]:
    """*properties* without those that are None, in their order: the order in which a person reads them."""
    return {name: value for name, value in properties.items() if value is not None}
