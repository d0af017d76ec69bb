"""Every row and every defect of the first design has its test, or a reason why not yet."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from tapgen.config.model import Mesh

from . import contract
from .resolved import Example

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

NOT_YET = {
    9: "The mesh has no TLS yet, and says so: `mesh.tls` knows `off` alone.",
}
"""Defects of what is not built yet; there is nothing that could have them."""


def load() -> None:
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name.startswith("test_"):
            importlib.import_module(f"{package}.{module.name}")


def test_every_row_has_a_promise() -> None:
    load()
    assert contract.ROWS.keys() == AREAS


def test_every_defect_is_covered_or_listed_with_a_reason() -> None:
    load()
    assert contract.DEFECTS.keys() | NOT_YET.keys() == NUMBERED
    assert not contract.DEFECTS.keys() & NOT_YET.keys(), "a defect that has its test needs no reason"
    assert ELSEWHERE.keys() <= contract.DEFECTS.keys()


def test_the_reasons_still_hold(example: Mapping[str, Example]) -> None:
    assert get_args(Mesh.model_fields["tls"].annotation) == ("off",)
    for environment in example.values():
        kinds = {each["Type"] for template in environment.templates.values() for each in template["Resources"].values()}
        assert "AWS::ACMPCA::CertificateAuthority" not in kinds


def test_what_is_said_elsewhere_exists() -> None:
    root = Path(__file__).parents[2]
    assert [path for path in ELSEWHERE.values() if not (root / path).exists()] == []
