"""What GitHub shows at the lines of a pull request: a command to its workflows, printed as a line.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Command = Literal["error", "warning", "notice"]


def annotation(command: Command, place: Mapping[str, str | int], message: str) -> str:
    """One line, with what is said of the place: `file`, `line`, `title` and the like."""
    properties = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in place.items())
    return f"::{command}{f' {properties}' if properties else ''}::{_escaped(message)}\n"


def _escaped(value: str, more: str = "") -> str:
    """As GitHub's own toolkit does it: `%` and the ends of lines, in properties also `:` and `,`."""
    return "".join(f"%{ord(letter):02X}" if letter in "%\r\n" + more else letter for letter in value)
