"""What a rule says when two parts of the configuration do not agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tapgen.config.model import Environment
from tapgen.config.tree import Path


@dataclass(frozen=True)
class Complaint:
    """Something wrong in a resolved environment."""

    path: Path
    """What is wrong; where it is not written in the file, what is nearest to it."""

    message: str
    """What is wrong with it, with the value got."""

    allowed: str = ""
    """The values that would be right."""

    hint: str = ""
    """The change to make."""

    against: Path = ()
    """What it contradicts; that is pointed at where it alone is written, or says something more special."""

    at_key: bool = False
    """Whether the key is wrong, not its value."""


Rule = Callable[[Environment], Iterator[Complaint]]
