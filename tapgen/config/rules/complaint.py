"""What a rule says when two parts of the configuration do not agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tapgen.config.environment import Environment
from tapgen.config.model import File
from tapgen.config.yaml.tree import Keys


@dataclass(frozen=True)
class Complaint:
    """Something wrong in a resolved environment, or in the file as a whole."""

    path: Keys
    """What is wrong; where it is not written in the file, what is nearest to it."""

    message: str
    """What is wrong with it, with the value got."""

    allowed: str = ""
    """The values that would be right."""

    hint: str = ""
    """The change to make."""

    against: Keys = ()
    """What it contradicts; that is pointed at where it alone is written, or says something more special."""

    premises: tuple[Keys, ...] = ()
    """What else it follows from: where nobody knows what the file was to say there, it is not said."""

    at_key: bool = False
    """Whether the key is wrong, not its value."""

    idle: bool = False
    """Whether what is said has no effect. That is wrong where it is said of this one alone, and has none anywhere: what
    is laid under all may have none for some."""


Rule = Callable[[Environment], Iterator[Complaint]]
"""A rule on one environment, every overlay applied."""

FileRule = Callable[[File], Iterator[Complaint]]
"""A rule on the file as a whole, as it is written."""
