"""A sample of the configurations that are accepted: all of it renders, and nothing is found in what was rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import pytest

from tapgen.config.read import Configuration
from tapgen.errors import ConfigError
from tapgen.lint.runner import lint
from tapgen.render import render
from tapgen.write import write
from tests.generate import configuration, generate

SIZE = 80
PARTS = 8
"""Shared out, so that no worker is left alone with all of it."""


def accepted() -> Iterator[Configuration]:
    """The smallest ones: linting takes its time, a third of a second for each service.

    Every sixteenth is made to reach a quota, and cfn-lint notes a quota that is near; those are rendered elsewhere.
    """
    for seed in count():
        if seed % 16 and len(generate(seed)["services"]) <= 2:
            try:
                yield configuration(seed)
            except ConfigError:
                continue


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_accepted_renders_and_lints(part: int, tmp_path: Path) -> None:
    """In one environment each, the last; templates that are equal, and nest equal ones, are linted once."""
    for number, each in enumerate(islice(accepted(), part, SIZE, PARTS)):
        name, environment = list(each.environments.items())[-1]
        write(render(replace(each, environments={name: environment})), tmp_path / str(number))
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.yaml"))
    assert lint(tmp_path, names, ["eu-west-1"]) == []
