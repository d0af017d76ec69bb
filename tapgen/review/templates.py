"""The texts of templates as data in the shape that a template has, or else what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tapgen.errors import Problem, TapgenError
from tapgen.parse import parse

Templates = Mapping[str, str]
"""The texts of templates by path."""

_SECTIONS = ("Resources", "Outputs", "Parameters", "Conditions", "Mappings")
_MAPPINGS = ("Resources", "Outputs", "Parameters")
"""Sections whose entries are mappings themselves."""


class UnreadableError(TapgenError):
    """Texts are no templates: everything that is wrong with them at once."""

    exit_code = 2

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n\n".join(map(str, problems)))


def read(templates: Templates) -> dict[str, dict[str, Any]]:
    """Those that have resources, by path.

    Raises:
        UnreadableError: some are no YAML, or not of the shape of a template.
    """
    problems: list[Problem] = []
    bodies = {path: _body(path, text, problems) for path, text in templates.items()}
    if problems:
        raise UnreadableError(problems)
    return {path: body for path, body in bodies.items() if "Resources" in body}


def _body(path: str, text: str, problems: list[Problem]) -> dict[str, Any]:
    try:
        body = parse(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" in line {mark.line + 1}" if mark else ""
        problems.append(Problem(f"{path} is not YAML{where}: {error.problem or 'it ends too early'}"))
        return {}
    except (yaml.YAMLError, ValueError) as error:
        problems.append(Problem(f"{path} is not YAML: {error}"))
        return {}
    if not isinstance(body, dict):
        return {}
    problems += [Problem(f"{path}: {wrong}") for wrong in _misshapen(body)]
    return body


def _misshapen(body: dict[str, Any]) -> Iterator[str]:
    for section in _SECTIONS:
        entries = body.get(section) or {}
        if not isinstance(entries, dict):
            yield f"{section} is no mapping"
            continue
        for name, each in entries.items():
            if str(name).startswith("Fn::") and section != "Parameters":
                continue  # a loop or a macro, which is not followed
            if section in _MAPPINGS and not isinstance(each, dict):
                yield f"{section}.{name} is no mapping"
            elif section == "Resources":
                yield from (f"Resources.{name}.{wrong}" for wrong in _misshapen_resource(each))


def _misshapen_resource(resource: dict[str, Any]) -> Iterator[str]:
    if not isinstance(resource.get("Type"), str):
        yield "Type is no text"
    for part in ("Properties", "Metadata"):
        if not isinstance(resource.get(part) or {}, dict):
            yield f"{part} is no mapping"
    if not isinstance(resource.get("Condition", ""), str):
        yield "Condition is no text"
    waits = resource.get("DependsOn", "")
    if not isinstance(waits, str) and not (isinstance(waits, list) and all(isinstance(each, str) for each in waits)):
        yield "DependsOn is neither a text nor a list of texts"
