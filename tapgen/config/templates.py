"""Reading templates of the user's own: what they declare, and what of CloudFormation they may not use here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tapgen.config import translate
from tapgen.config.yaml.source import Source
from tapgen.config.yaml.tree import Node
from tapgen.errors import Place, Problem
from tapgen.parse import parse

LARGEST = 1024 * 1024
"""Bytes of a template in S3: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""


@dataclass(frozen=True)
class Template:
    """A template as it is written, and as it is meant."""

    text: str
    body: Mapping[str, Any]

    def declares(self) -> dict[str, Any]:
        """What others need to know of it, by the fields of `OwnStack`."""
        parameters = self.body.get("Parameters") or {}
        return {
            "text": self.text,
            "declared": {name: str(said.get("Type")) for name, said in parameters.items()},
            "required": [name for name, said in parameters.items() if "Default" not in said],
            "outputs": list(self.body.get("Outputs") or {}),
            "types": sorted({str(resource.get("Type")) for resource in self.body["Resources"].values()}),
        }


def templates(source: Source, tree: Node) -> tuple[dict[str, Template], list[Problem]]:
    """The templates that *tree*, one environment, names, by the names of their stacks; and what is wrong with them."""
    found: dict[str, Template] = {}
    problems: list[Problem] = []
    stacks = tree.items.get("stacks")
    for name, stack in stacks.items.items() if stacks else ():
        node = stack.items.get("template")
        if node is None or not isinstance(node.value, str) or node.value.startswith("/"):
            continue  # what the model has said
        path = Path(source.file).parent / node.value
        try:
            found[name] = _read(source, node.value)
        except _UnreadableError as error:
            place = error.place or source.shown(node.shown)
            problems.append(Problem(f"{translate.label(node.path)}: {path} {error}", place))
        else:
            for message, hint in _refused(found[name].body):
                problems.append(translate.at_place(source, node.path, node.shown, message, "", hint))
    return found, problems


class _UnreadableError(Exception):
    """A file is no template."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.place = place


def _read(source: Source, name: str) -> Template:
    try:
        text = source.neighbour(name).decode("utf-8-sig")
        body = parse(text)
    except FileNotFoundError:
        raise _UnreadableError("does not exist; the path begins in the folder of tapgen.yaml") from None
    except OSError as error:
        raise _UnreadableError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _UnreadableError("is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark, message = error.problem_mark, error.problem or "it ends too early"
        file = str(Path(source.file).parent / name)
        place = Place(file, mark.line + 1, mark.column + 1, 1, _line(text, mark.line)) if mark else None
        raise _UnreadableError(f"is not YAML: {message}", place) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _UnreadableError(f"is not YAML: {error}") from None
    if len(text.encode()) > LARGEST:
        raise _UnreadableError("is larger than 1 MiB, and CloudFormation takes no such template")
    if not isinstance(body, dict) or not _mappings(body.get("Resources")):
        raise _UnreadableError("is not a template: it has no Resources")
    if not all(_mappings(body.get(part) or {"": {}}) for part in ("Parameters", "Outputs")):
        raise _UnreadableError("is not a template: Parameters and Outputs are mappings of mappings")
    return Template(text, body)


def _mappings(node: object) -> bool:
    return isinstance(node, dict) and bool(node) and all(isinstance(item, dict) for item in node.values())


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number] if number < len(lines) else ""


def _refused(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What may not be in a template that is nested here, and what to do.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html
    """
    if "Transform" in body or _has(body, "Fn::Transform"):
        yield "uses a transform or a macro, which change sets of nested stacks cannot show", "write out what it makes"
    for title, resource in body["Resources"].items():
        properties = resource.get("Properties")
        url = properties.get("TemplateURL") if isinstance(properties, dict) else None
        if isinstance(url, str) and "://" not in url:
            message = f"{title} nests the file {url}, which is not uploaded with it"
            yield message, "nest that one by itself, as another of the `stacks`"


def _has(node: Any, key: str) -> bool:
    match node:
        case dict():
            return key in node or any(_has(item, key) for item in node.values())
        case list():
            return any(_has(item, key) for item in node)
    return False
