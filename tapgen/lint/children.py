"""Which files a template nests, found without cfn-lint, so that a remembered verdict costs almost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

NESTING = (b"TemplateURL", b"AWS::Serverless")


def children(template: Path, text: bytes) -> list[Path]:
    """The files that the template may nest: every one that a value in it names, seen from the template's folder.

    Raises:
        ValueError: the text is no YAML (cfn-lint also reads JSON with tabs): what it nests is not known.
    """
    if not any(word in text for word in NESTING):
        return []
    # More files than are nested do no harm: a verdict is then forgotten too often, never too seldom.
    named = (template.parent / value for value in dict.fromkeys(_values(text)))
    return [path for path in named if _is_file(path)]


def _values(text: bytes) -> Iterator[str]:
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.ScalarEvent):
                yield event.value
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or with a zero byte: no file
        return False
