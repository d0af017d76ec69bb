"""How nested stacks depend on each other, as a Mermaid diagram."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tapgen.parse import parse

_STACK = "AWS::CloudFormation::Stack"


def graph(root: str) -> str:
    """Draw the nested stacks of a root template, given as its text.

    An arrow goes from a stack to one that needs it: with the names of the outputs handed over, or dashed where the
    other only waits for it. https://mermaid.js.org/syntax/flowchart.html
    """
    resources: Mapping[str, Any] = parse(root).get("Resources", {})
    stacks = {name: resource for name, resource in resources.items() if resource.get("Type") == _STACK}
    lines = ["flowchart LR", *(f"  {name}[{_label(resource)}]" for name, resource in stacks.items())]
    for name, resource in stacks.items():
        handed = _handed(resource, stacks)
        lines += [f'  {giver} -->|"{"<br>".join(outputs)}"| {name}' for giver, outputs in handed.items()]
        lines += [
            f"  {earlier} -.-> {name}" for earlier in _waits(resource) if earlier in stacks and earlier not in handed
        ]
    return "\n".join(lines) + "\n"


def _label(stack: Mapping[str, Any]) -> str:
    """The name of the template, as people know it."""
    url = stack.get("Properties", {}).get("TemplateURL")
    return f'"{url.rpartition("/")[2].removesuffix(".yaml")}"' if isinstance(url, str) else '"nested stack"'


def _handed(stack: Mapping[str, Any], stacks: Mapping[str, Any]) -> dict[str, list[str]]:
    """The outputs of each other stack that this one takes."""
    found: dict[str, dict[str, None]] = {}
    for name, attribute in _attributes(stack):
        if name in stacks:
            found.setdefault(name, {})[attribute.removeprefix("Outputs.")] = None
    return {name: list(outputs) for name, outputs in found.items()}


def _attributes(node: Any) -> Iterator[tuple[str, str]]:
    match node:
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            yield name, attribute
        case dict():
            for item in node.values():
                yield from _attributes(item)
        case list():
            for item in node:
                yield from _attributes(item)
        case str(text):
            yield from re.findall(r"\$\{(\w+)\.(Outputs\.\w+)\}", text)


def _waits(stack: Mapping[str, Any]) -> list[str]:
    waits = stack.get("DependsOn", [])
    return [waits] if isinstance(waits, str) else waits
