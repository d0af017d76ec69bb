from __future__ import annotations

from pathlib import Path

import pytest

from tapgen.lint.children import children


def found(folder: Path, text: str) -> list[str]:
    for name in ("network.yaml", "with space.yaml", "deeper/part.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("Resources: {}")
    return [path.relative_to(folder).as_posix() for path in children(folder / "root.yaml", text.encode())]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("TemplateURL: network.yaml", ["network.yaml"]),
        ("TemplateURL: with space.yaml", ["with space.yaml"]),
        ("TemplateURL: './deeper/part.yaml'", ["deeper/part.yaml"]),
        ("TemplateURL: !If [A, network.yaml, deeper/part.yaml]", ["network.yaml", "deeper/part.yaml"]),
        ('{"Properties": {"TemplateURL": "network.yaml"}}', ["network.yaml"]),
        ("TemplateURL: missing.yaml", []),
        ("TemplateURL: deeper", []),
        ("TemplateURL: https://example.com/network.yaml", []),
        ("TemplateURL: !Sub ${Bucket}/network.yaml", []),
        (f"TemplateURL: {'x' * 5000}", []),
        ("Name: network.yaml", []),
    ],
)
def test_finds_the_nested_files(tmp_path: Path, text: str, names: list[str]) -> None:
    assert found(tmp_path, text) == names


def test_does_not_guess_what_a_broken_template_nests(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="while parsing"):
        found(tmp_path, "TemplateURL: [")
