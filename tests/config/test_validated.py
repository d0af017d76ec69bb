"""What is right is judged though something else is wrong; and one mistake is one problem, whatever follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from tapgen.config import read
from tapgen.config.read import understand
from tapgen.config.yaml.source import compose
from tapgen.errors import ConfigError, Problem
from tests.generate import Data, generate, images

EVERYTHING = Path(__file__).parents[1] / "golden/platforms/everything"


def problems(file: Data, digests: Data) -> Sequence[Problem]:
    text, beside = (json.dumps(data).encode() for data in (file, digests))
    try:
        understand(compose(text, "tapgen.yaml"), compose(beside, "tapgen.images.yaml"))
    except ConfigError as error:
        return error.problems
    return []


def everything() -> tuple[Data, Data]:
    file, digests = (yaml.safe_load((EVERYTHING / f"{name}.yaml").read_text()) for name in ("tapgen", "tapgen.images"))
    return file, digests


def accepted() -> Iterator[tuple[Data, Data]]:
    """Generated ones that are right, and small."""
    for seed in count():
        file, digests = generate(seed), images(generate(seed), seed)
        if len(file["services"]) == 2 and not problems(file, digests):
            yield file, digests


def with_mistakes(node: Any) -> Iterator[None]:
    """Make one mistake after the other in *node*, and take each back."""
    if isinstance(node, dict):
        node["unheard of"] = {}
        yield
        del node["unheard of"]
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        node[key] = [{"un": "heard of"}]
        yield
        node[key] = value
        if isinstance(value, dict | list):
            yield from with_mistakes(value)


@pytest.mark.parametrize(("file", "digests"), [everything(), *islice(accepted(), 4)])
def test_rules_are_silent_about_what_follows_from_a_mistake(
    file: Data, digests: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problems(file, digests) == []
    for _ in with_mistakes(file):
        all_said = problems(file, digests)
        with monkeypatch.context() as without:
            without.setattr(read, "RULES", ())
            without.setattr(read, "FILE_RULES", ())
            assert all_said == problems(file, digests) != [], file


PLATFORM = """\
name: shop
services:
  web: {port: 70000, path: /web, cpu: 256, memory: 8192, calls: [api, ordr]}
  api: {port: 81, colour: red, tasks: {min: 5, max: 2}}
  worker: {tasks: {min: 5, max: 2}}
environments:
  dev: {account: "111111111111", region: eu-west-1, mesh: {idle_timeout: 10}, ingress: {domian: a.b.c}}
"""


def test_what_is_right_is_judged_beside_what_is_wrong() -> None:
    with pytest.raises(ConfigError) as error:
        understand(compose(PLATFORM.encode(), "tapgen.yaml"), compose(b"", "tapgen.images.yaml"))
    assert [problem.message.split(": ")[0] for problem in error.value.problems] == [
        "services.web.port",
        "services.web.memory",
        "services.web.calls.1",
        "services.api.colour",
        "services.worker.tasks.min",
        "environments.dev.mesh.request_timeout",
        "environments.dev.ingress.domian",
    ]
