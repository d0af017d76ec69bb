"""The text of a template as plain data, with every intrinsic function under its long name."""

from __future__ import annotations

from typing import Any

import yaml


def parse(text: str) -> Any:
    """Read *text* as CloudFormation would: `!Ref X` is `{"Ref": "X"}`, and a date is text.

    Raises:
        yaml.YAMLError: *text* is not YAML.
    """
    return yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader with more tags


class _Loader(yaml.CSafeLoader):
    pass


def _intrinsic(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


def _text(loader: _Loader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _intrinsic)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)
