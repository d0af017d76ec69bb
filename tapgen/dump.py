"""A template as YAML that a person reads: `Type` first, short intrinsics, one line per tag, no aliases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

_SECTIONS = (
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
)
_RESOURCE = ("Type", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata", "Properties")
_FUNCTIONS = "GetAtt Sub Join Select Split If Equals Not And Or FindInMap GetAZs Cidr Base64 ImportValue"
_SHORT = {"Ref": "!Ref"} | {f"Fn::{name}": f"!{name}" for name in _FUNCTIONS.split()}
_PAIRS = (("Key", "Value"), ("Name", "Value"))

_WIDTH = 120
_MAP = "tag:yaml.org,2002:map"
_TEXT = "tag:yaml.org,2002:str"

_AMBIGUOUS = re.compile(r"([-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|[yYnN])$")
"""What some parser, of YAML 1.1 or 1.2, takes for a number or a boolean, and PyYAML does not."""


def dump(template: Mapping[str, Any]) -> str:
    """Render *template*, given as plain data; parsed, the text is that data again, and the format version."""
    body = _ordered({"AWSTemplateFormatVersion": "2010-09-09"} | dict(template), _SECTIONS)
    parts = (_resources(part) if name == "Resources" and part else _yaml({name: part}) for name, part in body.items())
    return "\n".join(parts)


def _resources(resources: Mapping[str, Any]) -> str:
    title = "Resources:\n"
    entries = ({name: _ordered(resource, _RESOURCE)} for name, resource in resources.items())
    return title + "\n".join(_yaml({"Resources": entry}).removeprefix(title) for entry in entries)


def _ordered(given: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    return {key: given[key] for key in order if key in given} | dict(given)


def _yaml(data: Mapping[str, Any]) -> str:
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return text


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        return True


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.Node:
    if len(data) == 1:
        ((name, value),) = data.items()
        if (tag := _SHORT.get(name)) and (short := _short(dumper, tag, value)):
            return short
    node = dumper.represent_mapping(_MAP, data.items())
    if tuple(data) in _PAIRS:
        node.flow_style = _fits_a_line([part for pair in node.value for part in pair])
    return node


def _short(dumper: _Dumper, tag: str, value: Any) -> yaml.Node | None:
    """The short form, where YAML has one: a function right inside another keeps its long name.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-base64.html
    """
    match tag, value:
        case "!GetAtt", [str(name), str(attribute)] if name and "." not in name:
            return _scalar(dumper, tag, f"{name}.{attribute}")
        case "!GetAtt", str():
            return None
        case _, str(text):
            return _scalar(dumper, tag, text)
        case _, list():
            node = dumper.represent_sequence(tag, value)
            node.flow_style = _fits_a_line(node.value)
            return node
    return None


def _fits_a_line(parts: Iterable[yaml.Node]) -> bool:
    """Whether *parts* are short scalars: `{Key: Environment, Value: prod}`, `!Equals [!Ref Zone, '']`."""
    texts = [part.value if isinstance(part, yaml.ScalarNode) else "\n" for part in parts]
    return "\n" not in "".join(texts) and sum(map(len, texts)) < _WIDTH // 2


def _scalar(dumper: _Dumper, tag: str, text: str) -> yaml.ScalarNode:
    """A scalar with a tag of its own, in quotes where it would be taken for anything but text without the tag."""
    bare = dumper.resolve(yaml.ScalarNode, text, (True, False)) == _TEXT  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, text, style=_block(text) or (None if bare else "'"))


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(_TEXT, text, style=_block(text))


def _block(text: str) -> str | None:
    """The style of text of several lines. Two line ends at its end would end the document as well, so not for these."""
    return "|" if "\n" in text.rstrip("\n") and not text.endswith("\n\n") else None


_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(str, _text)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:ambiguous", _AMBIGUOUS, list("-+.0123456789yYnN"))
