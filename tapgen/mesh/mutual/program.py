"""The agent that gets the certificates of a task, as a container runs it."""

from __future__ import annotations

from importlib.resources import files


def command() -> list[str]:
    """The command of the container: the whole program, so that it can be read where it runs."""
    return ["python3", "-c", files(__package__).joinpath("agent.py").read_text(encoding="utf-8")]
