"""Whether what a service says is what a template asks for."""

from __future__ import annotations

import json
from typing import Any

ANYTHING = object()
"""A value that only CloudFormation knows: it must be there, whatever it is."""


def look(found: Any, key: str) -> Any:
    """A value by its name, in whatever case."""
    return next((value for name, value in found.items() if name.lower() == key.lower()), None)


def matches(wanted: Any, found: Any) -> bool:
    """Whether *found* says all that was *wanted*."""
    if wanted is ANYTHING:
        return found is not None
    if isinstance(wanted, dict | list) and isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return False
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(matches(value, look(found, key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        if isinstance(found, dict):
            found = [{"Key": key, "Value": value} for key, value in found.items()]
        found = found if isinstance(found, list) else [found]
        return all(any(matches(item, each) for each in found) for item in wanted)
    if isinstance(found, list) and len(found) == 1:
        return matches(wanted, found[0])
    try:
        return float(wanted) == float(found)
    except (TypeError, ValueError):
        return str(wanted).lower() == str(found).lower()
