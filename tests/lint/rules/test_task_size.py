"""Whole configurations in a task definition, up to its limit."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("lint")

QUOTA = 65536


def task(program: str) -> dict[str, Any]:
    return {"ContainerDefinitions": [{"Name": "app", "Command": ["python3", "-c", program]}]}


def messages(program: str) -> list[str]:
    from tapgen.lint.rules.task_size import TaskSize

    return [message for _, message in TaskSize().problems(task(program))]


def test_counts_text_as_json_spells_it() -> None:
    room = QUOTA - len(json.dumps(task(""), separators=(",", ":")))
    lines, rest = "\n" * (room // 2), "a" * (room % 2)
    assert messages(lines + rest) == []
    assert messages(f"{lines}{rest}a") == ["the task definition has 65537 bytes, more than 65536"]
