"""One thing that a rule found in a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tapgen.errors import Place

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """What a rule found, and where. Lines and columns count from 1; the end is behind the last character."""

    rule: str
    """The rule's id: `E3002` is cfn-lint's, those from 9101 on, as `E9101` and `W9107`, are ours."""

    severity: Severity
    message: str
    file: str
    """The template, spelled with the folder that was linted."""

    line: int
    column: int
    end_line: int
    end_column: int
    path: str = ""
    """Where in the template, as `Resources/Vpc/Properties/CidrBlock`; empty when the rule does not say."""

    summary: str = ""
    """What the rule checks, in a few words."""

    url: str = ""
    """A page about the rule."""

    source: Place | None = None
    """The line of `tapgen.yaml` that the template comes from, where that is known."""

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """By place, as a reader meets them."""
        return self.file, self.line, self.column, self.rule, self.message
