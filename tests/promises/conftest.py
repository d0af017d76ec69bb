"""The rendered templates of the example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tapgen.config.read import read
from tapgen.parse import parse
from tapgen.render import render

from .resolved import Example

EXAMPLE = Path(__file__).parents[2] / "tapgen.yaml"


@pytest.fixture(scope="session")
def example() -> Mapping[str, Example]:
    """The parsed templates of each environment, by stack; those outside of environments belong to each."""
    parsed = {path.removesuffix(".yaml"): parse(text) for path, text in render(read(EXAMPLE)).items()}
    shared = {path: template for path, template in parsed.items() if "/" not in path}
    return {name: Example(shared | _below(parsed, name)) for name in ("dev", "prod")}


def _below(templates: Mapping[str, Any], folder: str) -> dict[str, Any]:
    return {
        path.removeprefix(f"{folder}/"): template
        for path, template in templates.items()
        if path.startswith(f"{folder}/")
    }
