"""The reference is current, and has every key of every block where the file may have it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tapgen.config import schema
from tapgen.config.model import File
from tapgen.config.reference import reference

ROOT = Path(__file__).parent.parent.parent
SECTIONS = {section.partition("`")[0]: section.partition("\n")[2] for section in reference().split("## `")[1:]}
"""What is said of each block, by where it stands."""


def test_the_reference_in_the_repository_is_that_of_the_models(golden: Callable[[Path, str], None]) -> None:
    golden(ROOT / "docs/reference.md", reference())


def keys(title: str) -> list[str]:
    """The keys that the reference lists in a block, and those of the block whose keys it has too."""
    also = re.search(r"^Every key of \[`([^`]+)`\]", SECTIONS[title], flags=re.MULTILINE)
    return [*re.findall(r"^\| `(\w+)` \|", SECTIONS[title], flags=re.MULTILINE), *(keys(also[1]) if also else ())]


def properties(title: str) -> list[str]:
    """The keys that the schema knows at the place that a title names."""
    steps = [] if title == "tapgen.yaml" else re.findall(r"\w+|\[\]", title)
    path: list[str | int] = ["x" if step == "NAME" else 0 if step == "[]" else step for step in steps]
    known = schema.of(File)
    below = schema.at(known, tuple(path)) or schema.at(known, ("defaults", *path))
    return list(below["properties"])


def test_every_block_has_a_section_with_exactly_its_keys() -> None:
    assert len(SECTIONS) == len(schema.of(File)["$defs"]) + 1
    for title in SECTIONS:
        assert sorted(keys(title)) == sorted(properties(title)), title


def test_every_key_says_what_it_means() -> None:
    rows = [line for section in SECTIONS.values() for line in section.splitlines() if line.startswith("| `")]
    assert len(rows) > 90
    for row in rows:
        name, value, _, meaning = (cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1])
        assert value, name
        assert len(meaning.split()) > 3, name


def test_links_lead_to_sections_that_exist() -> None:
    anchors = {re.sub("[^a-z0-9_-]", "", title.lower()) for title in SECTIONS}
    assert len(anchors) == len(SECTIONS)
    assert set(re.findall(r"\]\(#([^)]*)\)", reference())) <= anchors
