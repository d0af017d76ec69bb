"""The errors of the YAML parser, in plain words."""

from __future__ import annotations

from typing import Protocol

import yaml


class Mark(Protocol):
    """A position as the parser gives it, counted from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


TABS = ("this is a tab, and YAML is indented with spaces", "replace the tab with spaces")

PLAIN = {
    "mapping values are not allowed in this context": (
        "a colon begins a value here, where none can stand",
        "put text that holds `: ` in quotes, and keys of one mapping in one column",
    ),
    "found character that cannot start any token": (
        "no value can begin with this character",
        "put the text in quotes",
    ),
    "could not find expected ':'": ("a colon is missing after a key", "write `key: value`"),
    "did not find expected key": ("a key is expected here", "keys of one mapping begin in one column"),
    "did not find expected '-' indicator": ("an item of the list is expected here", "begin it with `- `"),
    "did not find expected ',' or ']'": ("the list in brackets does not go on and does not end", "write `,` or `]`"),
    "did not find expected ',' or '}'": ("the mapping in braces does not go on and does not end", "write `,` or `}`"),
    "did not find expected node content": ("a value is missing here", ""),
    "did not find expected <document start>": ("the file should end here", "one file holds one document"),
    "block sequence entries are not allowed in this context": (
        "an item of a list begins here, where none can stand",
        "begin the list on a line of its own",
    ),
    "found unexpected end of stream": ("a quotation mark opens here and never closes", "close the text"),
    "found unknown escape character": (
        "text in double quotes knows no such escape",
        "use single quotes, in which a backslash is a backslash",
    ),
    "found incompatible YAML document": ("this version of YAML is not supported", "leave the line out"),
    "found undefined tag handle": ("tags are not supported", "leave the tag out"),
}


def explain(error: yaml.MarkedYAMLError, lines: list[str]) -> tuple[Mark | None, str, str]:
    """Where a syntax error is, what it is and what to do about it."""
    mark: Mark | None = error.problem_mark
    problem = str(error.problem)
    if problem == "found unexpected end of stream" and error.context_mark:
        mark = error.context_mark
    if mark and mark.line < len(lines) and lines[mark.line][mark.column : mark.column + 1] == "\t":
        return mark, *TABS
    message, hint = PLAIN.get(problem, (problem, ""))
    return mark, message, hint
