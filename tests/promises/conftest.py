"""The rendered templates of the example."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tapgen.config.read import read
from tapgen.parse import parse
from tapgen.render import render

EXAMPLE = Path(__file__).parents[2] / "tapgen.yaml"


@pytest.fixture(scope="session")
def example() -> Mapping[str, bytes]:
    """The parsed templates of each environment, by stack, pickled: the quickest way to have a copy of one's own.

    Those outside of environments belong to each.
    """
    parsed = {path.removesuffix(".yaml"): parse(text) for path, text in render(read(EXAMPLE)).items()}
    shared = {path: template for path, template in parsed.items() if "/" not in path}
    return {name: pickle.dumps(shared | _below(parsed, name)) for name in ("dev", "prod")}


def _below(templates: Mapping[str, Any], folder: str) -> dict[str, Any]:
    return {
        path.removeprefix(f"{folder}/"): template
        for path, template in templates.items()
        if path.startswith(f"{folder}/")
    }
