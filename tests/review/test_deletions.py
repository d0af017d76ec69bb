"""What is said of types of resources is about types and properties that AWS's schemas know."""

from __future__ import annotations

import pytest

from tapgen.review.deletions import _BALANCERS, _FULL, _PROTECTED, _USED
from tapgen.review.differences import REGION
from tapgen.review.interruptions import _INTERRUPTING
from tapgen.schemas import is_create_only, schema

PROPERTIES = {
    *((kind, name) for kind, (name, _) in _PROTECTED.items()),
    *((kind, name) for kind, (name, _) in _FULL.items() if name),
    *((kind, name) for kind, names in _INTERRUPTING.items() for name in names),
    (_BALANCERS, "LoadBalancerAttributes"),
}


@pytest.mark.parametrize(("kind", "name"), sorted(PROPERTIES))
def test_a_property_can_be_changed_in_place(kind: str, name: str) -> None:
    known = schema(kind, REGION)
    assert name in known["properties"]
    assert not is_create_only(known, (name,))


@pytest.mark.parametrize("kind", sorted(_USED.keys() | _FULL.keys()))
def test_a_type_is_known(kind: str) -> None:
    assert schema(kind, REGION)
