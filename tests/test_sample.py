"""A sample of the configurations that are accepted: all of it renders, and nothing is found in what was rendered."""

from __future__ import annotations

from itertools import count, islice
from pathlib import Path

import pytest

from tapgen.config.read import Configuration
from tapgen.errors import ConfigError
from tapgen.lint.runner import lint
from tapgen.render import render
from tapgen.write import write
from tests.generate import configuration, generate

SIZE = 200


def accepted(seed: int) -> Configuration | None:
    try:
        return configuration(seed)
    except ConfigError:
        return None


@pytest.mark.slow
@pytest.mark.xdist_group("sample")
def test_what_is_accepted_renders_and_lints(tmp_path: Path) -> None:
    """Of the smaller ones, that is: those made for the quotas are rendered elsewhere, and linting takes its time."""
    small = (seed for seed in count() if len(generate(seed)["services"]) <= 3)
    sample = list(islice(filter(None, map(accepted, small)), SIZE))
    for number, each in enumerate(sample):
        write(render(each), tmp_path / str(number))
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.yaml"))
    assert lint(tmp_path, names, ["eu-west-1"]) == []
