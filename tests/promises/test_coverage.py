"""Every row and every defect of the first design has its test."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from . import contract

AREAS = {
    "network",
    "services",
    "health",
    "cluster",
    "mesh",
    "ingress",
    "images",
    "scaling",
    "deployment",
    "identity",
    "logs",
    "secrets",
    "monitoring",
    "operation",
}

NUMBERED = set(range(1, 25))
"""As they are numbered, and 24 for the last of them: it did not scale."""

ELSEWHERE = {
    3: "tests/placeholder/test_server.py",
    5: "tests/test_fields.py",
    6: "tests/config/test_rules.py",
    8: "tests/layers/test_registry.py",
    10: "tests/layers/service/test_routing.py",
    13: "tests/functions/test_rotation.py",
    23: "tests/layers/test_registry.py",
    24: "tests/test_platform.py",
}
"""Where more is said about a defect than the templates of the example can show."""


def load() -> None:
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name.startswith("test_"):
            importlib.import_module(f"{package}.{module.name}")


def test_every_row_has_a_promise() -> None:
    load()
    assert contract.ROWS.keys() == AREAS


def test_every_defect_has_a_promise() -> None:
    load()
    assert contract.DEFECTS.keys() == NUMBERED
    assert ELSEWHERE.keys() <= contract.DEFECTS.keys()


def test_what_is_said_elsewhere_exists() -> None:
    root = Path(__file__).parents[2]
    assert [path for path in ELSEWHERE.values() if not (root / path).exists()] == []
