"""The document lists what layers offer, which is a contract: who refers to it would miss what is renamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from tapgen.config.read import read
from tapgen.parts.references import offered
from tapgen.platform import assemble
from tapgen.stack import Wire

PROJECT = Path(__file__).parents[2]
DOCUMENT = PROJECT / "docs/escape-hatch.md"
HEAD = "| reference | type |\n|---|---|\n"


def general(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Everything below an offer, with NAME for the keys of mappings, and its type."""
    match value:
        case Wire():
            yield name, value.type
        case str() | int():
            yield name, "String"
        case Mapping():
            for item in value.values():
                yield from general(item, f"{name}.NAME")
        case _ if is_dataclass(value):
            for each in fields(value):
                yield from general(getattr(value, each.name), f"{name}.{each.name}")


def offers() -> list[Mapping[str, Any]]:
    """What the stacks of every golden platform offer."""
    files = sorted(PROJECT.glob("tests/golden/platforms/*/tapgen.yaml"))
    every = [environment for file in files for environment in read(file).environments.values()]
    return [
        {name: offer for name, offer in assemble(environment).offers.items() if name not in environment.stacks}
        for environment in every
    ]


def test_the_document_lists_what_layers_offer(golden: Callable[[Path, str], None]) -> None:
    found = {row for made in offers() for name, offer in made.items() for row in general(offer, name)}
    rows = "".join(f"| `${{{name}}}` | `{kind}` |\n" for name, kind in sorted(found))
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(HEAD)
    _, *after = rest.split("\n\n", 1)
    golden(DOCUMENT, "".join([before, HEAD, rows, *(f"\n{part}" for part in after)]))


def test_the_list_is_that_of_references() -> None:
    for made in offers():
        assert len(offered(made)) == sum(1 for name, offer in made.items() for _ in general(offer, name))
