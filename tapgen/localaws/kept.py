"""What ministack forgets of a resource, kept beside it, by the resource's id."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tapgen.localaws import engine
from tapgen.localaws.protocol import Fields

_KEPT: defaultdict[tuple[str, str], dict[str, Fields]] = defaultdict(dict)


def keep(resource_id: str, **fields: Any) -> None:
    """Remember fields of a resource, as its API would show them; None is not remembered."""
    kept = _KEPT[engine.account(), engine.region()].setdefault(resource_id, {})
    kept.update({name: value for name, value in fields.items() if value is not None})


def kept(resource_id: str) -> Fields:
    """What is remembered of a resource."""
    return dict(_KEPT[engine.account(), engine.region()].get(resource_id, {}))


def forget(resource_id: str) -> None:
    """Remember no more."""
    _KEPT[engine.account(), engine.region()].pop(resource_id, None)
